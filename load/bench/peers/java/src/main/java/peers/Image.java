package peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.FloatBuffer;

/** An event of Crayfish's task: JSON with its numbers in one string, read by one mapper that is kept. */
final class Image {
  static final int PIXELS = 784;
  private static final ObjectReader JSON = new ObjectMapper().readerFor(Image.class);

  public String event_id;
  public long event_time;
  public String pixels;

  static Image read(byte[] value) throws IOException {
    return JSON.readValue(value);
  }

  void put(FloatBuffer rows) {
    int begin = 0;
    for (int comma = pixels.indexOf(','); comma >= 0; comma = pixels.indexOf(',', begin)) {
      rows.put(Float.parseFloat(pixels.substring(begin, comma)));
      begin = comma + 1;
    }
    rows.put(Float.parseFloat(pixels.substring(begin)));
  }

  static int best(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
    return best;
  }
}
