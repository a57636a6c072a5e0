"""Points in, tallies out: a bytewax flow that counts the points of each zone, and loses none when it is killed.

    pip install bytewax pyarrow polyfind[numpy]
    python -m bytewax.recovery recovery 1
    POINTS=points ZONES=zones.index OUT=tallies python -m bytewax.run flow -r recovery -s 1 -b 0

A partition is a Parquet file with the columns x and y, a batch one of its row groups. Where a partition is in its file,
and what its tally holds by then, are saved in one go: so no point is lost after a crash, and none is counted twice. The
last line, started again, goes on where it was.
"""

from __future__ import annotations

import os
from pathlib import Path

import bytewax.operators as op
import numpy as np
import polyfind as pf
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from pyarrow import RecordBatch, parquet

POINTS, OUT = Path(os.environ["POINTS"]), Path(os.environ["OUT"])
INDEX = pf.PolygonIndex.open(os.environ["ZONES"], mmap=True)
TOLD = 8  # batches between two tallies of a partition


class File(StatefulSourcePartition):
    """Row groups of a file; what is saved is the number of the next."""

    def __init__(self, name: str, start: int) -> None:
        self.name, self.next = name, start
        self.file = parquet.ParquetFile(POINTS / name)
        print(f"{name}: from row group {start} of {self.file.num_row_groups}", flush=True)

    def next_batch(self) -> list[tuple[str, RecordBatch]]:
        if self.next == self.file.num_row_groups:
            raise StopIteration
        group = self.file.read_row_group(self.next, columns=["x", "y"])
        self.next += 1
        return [(self.name, batch) for batch in group.combine_chunks().to_batches()]

    def snapshot(self) -> int:
        return self.next


class Files(FixedPartitionedSource):
    def list_parts(self) -> list[str]:
        return sorted(path.name for path in POINTS.glob("*.parquet"))

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> File:
        return File(for_part, resume_state or 0)


class Counts(StatefulBatchLogic):
    """The tally of a partition; what is saved are its counts, to which a tally of later points is added."""

    def __init__(self, before: np.ndarray | None) -> None:
        self.before = np.zeros(len(INDEX), np.int64) if before is None else before
        self.tally, self.batches = pf.Tally(INDEX), 0

    def on_batch(self, values: list[RecordBatch]) -> tuple[list[np.ndarray], bool]:
        self.tally.add_batches(values, workers=1)
        self.batches += len(values)
        return ([] if self.batches % TOLD else [self.snapshot()]), False

    def on_eof(self) -> tuple[list[np.ndarray], bool]:
        return [self.snapshot()], False

    def snapshot(self) -> np.ndarray:
        return self.before + self.tally.count


class Latest(StatelessSinkPartition):
    """A file for each partition, replaced as a whole: it does not matter if a tally comes again."""

    def write_batch(self, items: list[tuple[str, np.ndarray]]) -> None:
        for name, counts in dict(items).items():
            made = OUT / f"{name}.part"
            with made.open("wb") as file:
                np.save(file, counts)
            made.replace(OUT / f"{name}.npy")


class Tallies(DynamicSink):
    def build(self, step_id: str, worker_index: int, worker_count: int) -> Latest:
        return Latest()


flow = Dataflow("tallies")
points = op.input("points", flow, Files())
counts = op.stateful_batch("counts", points, Counts)
op.output("out", counts, Tallies())
