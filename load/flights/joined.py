"""The joined table, what became of each prediction: read from outcomes, or computed offline from the parquet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

KEY = ("event_id", "model_version", "arm")
ANSWERS = pa.schema(
    [
        *((name, pa.string()) for name in KEY),
        ("mode", pa.string()),
        ("event_time", pa.int64()),
        ("score", pa.float64()),
        ("decision", pa.string()),
    ]
)
JOINED = pa.schema(
    [
        *ANSWERS,
        ("status", pa.string()),
        ("label", pa.bool_()),
        ("labelled_at", pa.int64()),
        ("delay_micros", pa.int64()),
        ("correct", pa.bool_()),
    ]
)
OUTCOMES = pa.schema([*JOINED, ("seq", pa.int64())])
Record = Mapping[str, Any]
Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long the contract waits, µs: for a label, then for a late one."""

    horizon: int
    late: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One row that is not as expected: whose it is, when its event was (µs), what was found and what expected."""

    event_id: str
    event_time: int
    what: str

    def __str__(self) -> str:
        return f"{self.event_id}: {self.what}"


def table_of(records: Iterable[Record], schema: pa.Schema) -> pa.Table:
    """Records as a table; fields that the schema does not name are left out."""
    rows = list(records)
    return pa.table([pa.array([row[name] for row in rows], schema.field(name).type) for name in schema.names], schema)


def expected(answers: pa.Table, flights: pa.Table, patience: Patience) -> pa.Table:
    """What must become of `answers` (ANSWERS; rejected ones join nothing), as JOINED, in the order of their events.

    `flights` hold the truth: event_id, late, labelled_at (a timestamp), both null where a flight never arrived.
    """
    joinable = answers.filter(pc.not_equal(answers["mode"], "rejected"))
    known = flights.filter(flights["late"].is_valid())
    at = known["labelled_at"].cast(pa.int64())
    truth = pa.table({"event_id": known["event_id"], "late": known["late"], "known_at": at})
    met = joinable.join(truth, "event_id", join_type="left outer")
    delay = pc.subtract(met["known_at"], met["event_time"])
    in_time = pc.less_equal(delay, patience.horizon)
    heard = pc.fill_null(pc.less_equal(delay, patience.horizon + patience.late), fill_value=False)
    status = pc.if_else(heard, pc.if_else(in_time, "matched", "matched_late"), "expired")
    label = _where(heard, met["late"])
    said = pc.equal(met["decision"], pc.if_else(label, "true", "false"))
    late = [status, label, _where(heard, met["known_at"]), _where(heard, delay), said]
    whole = pa.table([*(met[name] for name in ANSWERS.names), *late], JOINED)
    return whole.sort_by([("event_time", "ascending"), ("event_id", "ascending")])


def _where(condition: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(condition, values, pa.scalar(None, values.type))


def latest(outcomes: pa.Table) -> pa.Table:
    """The table a consumer keeps of `outcomes` (OUTCOMES, each partition in its order), as JOINED.

    Per (event_id, model_version, arm) the record with the highest seq, the first of them.
    """
    place = pa.array(range(len(outcomes)), pa.int64())
    ordered = outcomes.append_column("place", place).sort_by([("seq", "descending"), ("place", "ascending")])
    rows: dict[Key, int] = {}
    for number, key in enumerate(keys_of(ordered)):
        rows.setdefault(key, number)
    kept = ordered.take(pa.array(rows.values(), pa.int64())).sort_by(
        [("event_time", "ascending"), ("place", "ascending")]
    )
    return kept.select(JOINED.names)


def astray(outcomes: pa.Table) -> Iterator[Difference]:
    """Predictions whose outcomes do not count 0, 1, 2 and on, each once; -1, a duplicate's, counts nothing."""
    seqs: dict[Key, list[int]] = {}
    times: dict[Key, int] = {}
    columns = zip(keys_of(outcomes), outcomes["seq"].to_pylist(), outcomes["event_time"].to_pylist(), strict=True)
    for key, seq, at in columns:
        times.setdefault(key, at)
        seqs.setdefault(key, []).extend([seq] if seq >= 0 else [])
    for key, found in seqs.items():
        if found != list(range(len(found))):
            what = f"found outcomes with seq {', '.join(map(str, found))}, expected them to count from 0, each once"
            yield Difference(event_id=key[0], event_time=times[key], what=what)


def differences(found: pa.Table, wanted: pa.Table) -> list[Difference]:
    """Where `found` is not `wanted` (both JOINED), in the order of the events; at best nowhere."""
    there: dict[Key, list[Record]] = {}
    for key, row in zip(keys_of(found), found.to_pylist(), strict=True):
        there.setdefault(key, []).append(row)
    ours = dict(zip(keys_of(wanted), wanted.to_pylist(), strict=True))
    told = [_difference(key, there.get(key, []), ours.get(key)) for key in {**ours, **there}]
    return sorted(filter(None, told), key=lambda one: (one.event_time, one.event_id))


def _difference(key: Key, found: list[Record], wanted: Record | None) -> Difference | None:
    row = wanted or found[0]
    if wanted is None:
        what = f"found {found[0]['status']}, expected no such row (model version {key[1]}, arm {key[2]})"
    elif not found:
        what = f"found no row, expected {wanted['status']} (model version {key[1]}, arm {key[2]})"
    elif len(found) > 1:
        what = f"found {len(found)} rows, expected one"
    else:
        wrong = [name for name in JOINED.names if found[0][name] != wanted[name]]
        what = "; ".join(f"{name}: found {found[0][name]}, expected {wanted[name]}" for name in wrong)
    return Difference(event_id=row["event_id"], event_time=row["event_time"], what=what) if what else None


def keys_of(table: pa.Table) -> list[Key]:
    """Whose each row is."""
    return list(zip(*(table[name].to_pylist() for name in KEY), strict=True))
