package peers;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A consumer and a producer in one loop that scores what a poll gives at once, and commits by time. */
public final class Plain {
  private static final int MOST = 500;
  private static volatile boolean stops;
  private final KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(reading(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  private final KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(writing(), new ByteArraySerializer(), new ByteArraySerializer());
  private final Model model = new Model(MOST);
  private final Event event = new Event();
  private final Tuned tuned = new Tuned();
  private final Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
  private boolean open;
  private long opened;

  public static void main(String[] none) throws Exception {
    Model.load(Told.MODEL);
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      stops = true;
      try {
        main.join(5000);
      } catch (InterruptedException ignored) {
        Thread.currentThread().interrupt();
      }
    }));
    new Plain().run();
  }

  private static Properties reading() {
    Properties said = new Properties();
    said.put("bootstrap.servers", Told.BROKERS);
    said.put("group.id", Told.GROUP);
    said.put("auto.offset.reset", "earliest");
    said.put("enable.auto.commit", "false");
    said.put("max.poll.records", MOST);
    said.put("isolation.level", "read_committed");
    said.put("enable.metrics.push", "false");
    return said;
  }

  private static Properties writing() {
    Properties said = new Properties();
    said.put("bootstrap.servers", Told.BROKERS);
    said.put("linger.ms", Told.LINGER_MILLIS);
    said.put("batch.size", 131072);
    said.put("enable.metrics.push", "false");
    if (Told.EXACTLY_ONCE) said.put("transactional.id", Told.GROUP);
    return said;
  }

  private void run() throws Exception {
    if (Told.EXACTLY_ONCE) producer.initTransactions();
    consumer.subscribe(List.of(Told.INPUT));
    while (!stops) {
      ConsumerRecords<byte[], byte[]> found = consumer.poll(Duration.ofMillis(open ? left() : 100));
      if (!found.isEmpty()) take(found);
      if (open && left() == 0) commit();
    }
    if (open) commit();
    consumer.close();
    producer.close();
  }

  private long left() {
    return Math.max(0, Told.COMMIT_MILLIS - (System.nanoTime() - opened) / 1_000_000);
  }

  private void take(ConsumerRecords<byte[], byte[]> found) throws Exception {
    if (!open) {
      open = true;
      opened = System.nanoTime();
      if (Told.EXACTLY_ONCE) producer.beginTransaction();
    }
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>(found.count());
    for (ConsumerRecord<byte[], byte[]> one : found) records.add(one);
    byte[][] values = Told.TUNED ? byHand(records) : generic(records);
    for (int i = 0; i < values.length; i++) {
      ConsumerRecord<byte[], byte[]> one = records.get(i);
      producer.send(new ProducerRecord<>(Told.OUTPUT, one.partition(), one.key(), values[i]));
    }
    for (TopicPartition place : found.partitions()) {
      List<ConsumerRecord<byte[], byte[]>> some = found.records(place);
      done.put(place, new OffsetAndMetadata(some.get(some.size() - 1).offset() + 1));
    }
  }

  private byte[][] generic(List<ConsumerRecord<byte[], byte[]>> records) throws Exception {
    List<GenericRecord> events = new ArrayList<>(records.size());
    for (ConsumerRecord<byte[], byte[]> one : records) {
      GenericRecord read = event.read(one.value(), null);
      Event.put(read, model.rows);
      events.add(read);
    }
    float[] scores = model.score(events.size());
    byte[][] values = new byte[scores.length][];
    for (int i = 0; i < scores.length; i++) values[i] = event.write(events.get(i), scores[i]);
    return values;
  }

  private byte[][] byHand(List<ConsumerRecord<byte[], byte[]>> records) throws Exception {
    for (ConsumerRecord<byte[], byte[]> one : records) Tuned.put(one.value(), model.rows);
    float[] scores = model.score(records.size());
    long now = System.currentTimeMillis() * 1000;
    byte[][] values = new byte[scores.length][];
    for (int i = 0; i < scores.length; i++) values[i] = tuned.write(records.get(i).value(), scores[i], now);
    return values;
  }

  private void commit() {
    if (Told.EXACTLY_ONCE) {
      producer.sendOffsetsToTransaction(done, consumer.groupMetadata());
      producer.commitTransaction();
    } else {
      producer.flush();
      consumer.commitSync(done);
    }
    done.clear();
    open = false;
  }
}
