package peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Events and predictions through Avro's generic classes, which keep one decoder and one encoder; for one thread. */
final class Event {
  static final int FEATURES = 30;
  static final int FRAME = 5;
  static final String VERSION = "bench-1";
  static final double THRESHOLD = 0.5;
  private static final Schema IN = in();
  private static final Schema OUT = SchemaBuilder.record("Prediction").fields()
      .requiredString("event_id").requiredLong("event_time").requiredLong("scored_at").requiredString("model")
      .requiredDouble("score").requiredInt("decision").requiredDouble("threshold").requiredBoolean("drift").endRecord();

  private final GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(IN);
  private final GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(OUT);
  private final GenericRecord prediction = new GenericData.Record(OUT);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
  private BinaryDecoder decoder;
  private BinaryEncoder encoder;

  private static Schema in() {
    var fields = SchemaBuilder.record("Event").fields().requiredString("event_id").requiredLong("event_time");
    for (int i = 0; i < FEATURES; i++) fields.requiredDouble("f" + i);
    return fields.endRecord();
  }

  GenericRecord read(byte[] value, GenericRecord reuse) throws IOException {
    decoder = DecoderFactory.get().binaryDecoder(value, FRAME, value.length - FRAME, decoder);
    return reader.read(reuse, decoder);
  }

  static void put(GenericRecord event, FloatBuffer rows) {
    for (int i = 0; i < FEATURES; i++) rows.put((float) (double) (Double) event.get(i + 2));
  }

  byte[] write(GenericRecord event, float score) throws IOException {
    return write(event.get(0), event.get(1), score, score >= THRESHOLD ? 1 : 0);
  }

  byte[] write(Object id, Object time, float score, int decision) throws IOException {
    prediction.put(0, id);
    prediction.put(1, time);
    prediction.put(2, System.currentTimeMillis() * 1000);
    prediction.put(3, VERSION);
    prediction.put(4, (double) score);
    prediction.put(5, decision);
    prediction.put(6, THRESHOLD);
    prediction.put(7, false);
    bytes.reset();
    for (int i = 0; i < FRAME; i++) bytes.write(i == FRAME - 1 ? 2 : 0); // schema 2
    encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
    writer.write(prediction, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }
}
