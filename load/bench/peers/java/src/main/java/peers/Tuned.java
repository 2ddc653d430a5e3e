package peers;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The same by hand: features are read off the record's fixed-width tail, id and time are copied unread; for one thread. */
final class Tuned {
  private static final int TAIL = Event.FEATURES * Double.BYTES;
  private static final byte[] VERSION = Event.VERSION.getBytes(StandardCharsets.UTF_8);
  private final byte[] out = new byte[512];
  private final ByteBuffer doubles = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);

  static void put(byte[] value, FloatBuffer rows) {
    ByteBuffer tail = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = value.length - TAIL; at < value.length; at += Double.BYTES) rows.put((float) tail.getDouble(at));
  }

  byte[] write(byte[] value, float score, long nowMicros) {
    Arrays.fill(out, 0, Event.FRAME, (byte) 0);
    out[Event.FRAME - 1] = 2;
    int prefix = value.length - TAIL - Event.FRAME;
    System.arraycopy(value, Event.FRAME, out, Event.FRAME, prefix);
    int at = varint(varint(Event.FRAME + prefix, nowMicros), VERSION.length);
    System.arraycopy(VERSION, 0, out, at, VERSION.length);
    at += VERSION.length;
    doubles.putDouble(at, score);
    out[at + 8] = (byte) (score >= Event.THRESHOLD ? 2 : 0);
    doubles.putDouble(at + 9, Event.THRESHOLD);
    out[at + 17] = 0;
    return Arrays.copyOf(out, at + 18);
  }

  private int varint(int at, long number) {
    long rest = number << 1 ^ number >> 63;
    while ((rest & ~0x7FL) != 0) {
      out[at++] = (byte) (rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    out[at++] = (byte) rest;
    return at;
  }
}
