"""The loop most people write on confluent-kafka: poll, decode, score, produce, one event at a time."""

import signal

from confluent_kafka import Consumer, Producer

from load.bench.peers import wire
from load.bench.peers.scoring import Model
from load.bench.peers.told import Told


def main() -> None:
    """Until a signal says stop; offsets are committed by the client every five seconds, as is its default."""
    told = Told()
    model, producer = Model(told.model), Producer(told.writing())
    consumer = Consumer(told.reading() | {"enable.auto.commit": True})
    consumer.subscribe([told.input])
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    while going:
        record = consumer.poll(0.1)
        if record is None or record.error() is not None:
            continue
        event = wire.read(record.value())
        (score,) = model.score(wire.rows([event]))
        producer.produce(told.output, wire.written(event, score), record.key(), record.partition())
        producer.poll(0)
    producer.flush(30)
    consumer.close()


if __name__ == "__main__":
    main()
