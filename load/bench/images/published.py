"""What Crayfish published of the systems it measured on this task; other machines, one a component."""

from load.bench.rig.figures import Table

SOURCE = (
    "Crayfish (EDBT 2024), results-analysis/aggregates-final.ipynb of its repository: FFNN, one event a message, JSON, "
    "at least once"
)
CAVEAT = (
    "Theirs ran on cloud machines of unstated types, broker and system on one each; ours shares two cores with the "
    "broker and the bench. Compare what stands in one table, not the two."
)
RATES = (
    ("Kafka Streams, ONNX", 1_911, 3_155, 23_008, 32),
    ("Flink, ONNX", 1_087, 1_912, 13_107, 16),
    ("Flink, ONNX, 32 sources and sinks", 4_884, 6_574, 14_958, 8),
    ("Flink, TF-Serving", 457, 911, 8_149, 32),
    ("Flink, TorchServe", 166, 330, 2_223, 32),
    ("Ray, ONNX", 119, 224, 737, 32),
    ("Spark Structured Streaming, ONNX", 259, 244, 259, 1),
)
"""Name, events/s with one and two parallel scorers, the best, and with how many."""


def published() -> Table:
    """As a table."""
    columns = ("published by Crayfish", "events/s at 1", "at 2", "best", "at")
    rows = tuple((name, *(f"{one:,}" for one in numbers)) for name, *numbers in RATES)
    return Table(f"published: {SOURCE}", columns, rows)
