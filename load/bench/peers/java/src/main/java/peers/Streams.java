package peers;

import java.util.Properties;
import java.time.Duration;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Kafka Streams with one processor that scores a record at a time, as its programming model has it. */
public final class Streams {
  /** Decodes, scores, forwards; one instance a task. */
  static final class Scoring implements Processor<byte[], byte[], byte[], byte[]> {
    private final Event event = new Event();
    private final Model model = new Model(1);
    private ProcessorContext<byte[], byte[]> context;
    private GenericRecord kept;

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
      context = given;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      try {
        context.forward(record.withValue(Told.JSON ? image(record.value()) : columns(record.value())));
      } catch (Exception fault) {
        throw new IllegalStateException(fault);
      }
    }

    private byte[] columns(byte[] value) throws Exception {
      kept = event.read(value, kept);
      Event.put(kept, model.rows);
      return event.write(kept, model.score(1)[0]);
    }

    private byte[] image(byte[] value) throws Exception {
      Image image = Image.read(value);
      image.put(model.rows);
      float[] scores = model.score(1);
      int best = Image.best(scores);
      return event.write(image.event_id, image.event_time, scores[best], best);
    }
  }

  public static void main(String[] none) throws Exception {
    Model.load(Told.MODEL);
    var bytes = new ByteArrayDeserializer();
    var raw = new ByteArraySerializer();
    Topology topology = new Topology();
    topology.addSource("events", bytes, bytes, Told.INPUT);
    topology.addProcessor("scoring", Scoring::new, "events");
    topology.addSink("predictions", Told.OUTPUT, raw, raw, "scoring");
    KafkaStreams streams = new KafkaStreams(topology, settings());
    streams.setUncaughtExceptionHandler(fault -> {
      fault.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(5))));
    streams.start();
    Thread.currentThread().join();
  }

  private static Properties settings() {
    Properties said = new Properties();
    said.put(StreamsConfig.APPLICATION_ID_CONFIG, Told.GROUP);
    said.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Told.BROKERS);
    said.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, Told.EXACTLY_ONCE ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    said.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Told.THREADS);
    said.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, Long.toString(Told.COMMIT_MILLIS));
    said.put(StreamsConfig.STATE_DIR_CONFIG, Told.or("STATE", System.getProperty("java.io.tmpdir") + "/" + Told.GROUP));
    said.put("auto.offset.reset", "earliest");
    said.put("enable.metrics.push", "false");
    said.put(StreamsConfig.producerPrefix("linger.ms"), Integer.toString(Told.LINGER_MILLIS)); // its own default is 100
    said.put(StreamsConfig.producerPrefix("batch.size"), "131072");
    said.put(StreamsConfig.consumerPrefix("max.poll.records"), "2000");
    return said;
  }
}
