"""Reading 784 numbers an event without Kafka: JSON with its numbers lifted out, by Python's parser alone; packed."""

from functools import partial

from load.bench.codec import OneSchema
from load.bench.images.events import PIXELS, SCHEMA, Shape, images
from load.bench.race import heading, line, race, say
from load.bench.rig.bundles import contract_text
from models.contract import read_contract
from schemas.columns import Wanted
from schemas.framing import PREFIX_BYTES
from schemas.json_rows import read_json
from schemas.oracle import Oracle
from schemas.reader import Reader
from services.scorer.kit import wanted_of

ROWS, REPEATS, SCHEMA_ID = 300, 15, 7


def reading(shape: Shape) -> tuple[Wanted, list[bytes]]:
    """What is wanted of events of that shape, and some of them."""
    wanted = wanted_of(read_contract(contract_text(features=PIXELS, shape=shape)))
    return wanted, [value for _, value in images(ROWS, shape, SCHEMA_ID)]


def main() -> None:
    """Race and print."""
    wanted, texts = reading("json")
    _, packed = reading("packed")
    reader, oracle = Reader(wanted, OneSchema(SCHEMA)), Oracle(SCHEMA, wanted)
    run = partial(race, rows=ROWS, repeats=REPEATS)
    say(heading("the first", "the second"))
    # The same name to any JSON parser, but not plain: nothing is lifted out of these.
    spelled = [one.replace(b'"pixels"', rb'"\u0070ixels"') for one in texts]
    lifted, alone = partial(read_json, texts, wanted), partial(read_json, spelled, wanted)
    say(line("JSON: lifted, parser alone", *run(lifted, alone)))
    read = partial(reader.read, packed)
    say(line("packed, JSON lifted", *run(read, lifted)))
    say(line("packed: ours, fastavro", *run(read, partial(oracle.decode, packed, PREFIX_BYTES))))


if __name__ == "__main__":
    main()
