"""Limits: how much a model that nobody knows yet may take while it is tried."""

from dataclasses import dataclass

GIGABYTE = 1e9


@dataclass(frozen=True)
class Limits:
    """`seconds` from the model's bytes to the verdict, by the clock on the wall, and so much of everything else.

    `start_seconds` come on top for Python to start on a busy machine; `processor_seconds` are all the CPU time there
    is, start included; `memory_bytes` is address space, about 0.45 GB of which is Python and onnxruntime; `nodes`
    counts what is nested and what functions stand for; `elements` is what one ConstantOfShape may make.
    """

    seconds: float = 20.0
    start_seconds: float = 40.0
    processor_seconds: int = 60
    memory_bytes: int = 2_000_000_000
    # onnxruntime needed 8.3 s for a chain of 20,000 nodes, and its time grows with the square.
    nodes: int = 10_000
    depth: int = 8
    functions: int = 100
    elements: int = 100_000_000

    @property
    def memory(self) -> str:
        """`memory_bytes` in words."""
        return f"{self.memory_bytes / GIGABYTE:g} GB"


LIMITS = Limits()
"""What `verify` uses unless told otherwise."""
