"""Aiokafka in batches: getmany, one run of the model, fastavro on both sides; at least once."""

import asyncio
import signal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from load.bench.peers import wire
from load.bench.peers.scoring import Model
from load.bench.peers.told import Told

WAIT_MILLIS = 100


async def serve(told: Told, model: Model) -> None:
    """Until cancelled; what was read is committed once all that came of it is written."""
    consumer = AIOKafkaConsumer(
        told.input,
        bootstrap_servers=told.brokers,
        group_id=told.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=told.brokers, linger_ms=told.linger_millis, max_batch_size=131_072)
    async with consumer, producer:
        while True:
            found = await consumer.getmany(timeout_ms=WAIT_MILLIS, max_records=told.rows)
            records = [one for some in found.values() for one in some]
            if not records:
                continue
            events = [wire.read(one.value) for one in records]
            scores = model.score(wire.rows(events))
            sent = [
                await producer.send(told.output, wire.written(event, score), key=one.key, partition=one.partition)
                for one, event, score in zip(records, events, scores, strict=True)
            ]
            await asyncio.gather(*sent)
            await consumer.commit()


async def main() -> None:
    """Serve until a signal says stop."""
    told = Told()
    serving = asyncio.ensure_future(serve(told, Model(told.model)))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    await asyncio.wait([serving])


if __name__ == "__main__":
    asyncio.run(main())
