package peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;

/** The model behind one direct buffer, of one thread; the session is shared by all. */
final class Model {
  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
  private static OrtSession session;
  private static String input;
  private static Set<String> output;

  /** The rows that are put down before `score`. */
  final FloatBuffer rows;
  private final int features = Told.JSON ? Image.PIXELS : Event.FEATURES;

  Model(int most) {
    rows = ByteBuffer.allocateDirect(most * features * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  static void load(String path) throws OrtException {
    var options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(1);
    options.setInterOpNumThreads(1);
    options.addConfigEntry("session.intra_op.allow_spinning", "0");
    options.addConfigEntry("session.inter_op.allow_spinning", "0");
    session = ENVIRONMENT.createSession(path, options);
    input = session.getInputNames().iterator().next();
    output = Set.of("score");
  }

  /** The scores of the `count` rows put down, of several classes one after another, and room for the next ones. */
  float[] score(int count) throws OrtException {
    rows.flip();
    long[] shape = {count, features};
    try (OnnxTensor tensor = OnnxTensor.createTensor(ENVIRONMENT, rows, shape);
        OrtSession.Result found = session.run(Map.of(input, tensor), output)) {
      FloatBuffer said = ((OnnxTensor) found.get(0)).getFloatBuffer();
      float[] scores = new float[said.remaining()];
      said.get(scores);
      return scores;
    } finally {
      rows.clear();
    }
  }
}
