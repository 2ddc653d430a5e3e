package peers;

/** What a peer is told by variables: the same names as load/bench/peers/told.py reads. */
final class Told {
  static final String BROKERS = need("BROKERS");
  static final String INPUT = need("INPUT");
  static final String OUTPUT = need("OUTPUT");
  static final String GROUP = need("GROUP");
  static final String MODEL = need("MODEL");
  static final boolean EXACTLY_ONCE = need("DELIVERY").equals("exactly_once");
  static final long COMMIT_MILLIS = Long.parseLong(or("COMMIT_MILLIS", "100"));
  static final int LINGER_MILLIS = Integer.parseInt(or("LINGER_MILLIS", "5"));
  static final String THREADS = or("THREADS", "1");
  static final boolean JSON = or("SHAPE", "columns").equals("json");
  static final boolean TUNED = or("CODEC", "generic").equals("tuned");

  private Told() {}

  static String or(String name, String other) {
    return System.getenv().getOrDefault("PEER_" + name, other);
  }

  private static String need(String name) {
    String said = System.getenv("PEER_" + name);
    if (said == null) throw new IllegalArgumentException("found no PEER_" + name + ", expected it: make bench sets it");
    return said;
  }
}
