"""Threads: the same batch, the same bytes, by one and by two."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.bench_images import batch, floor
from benchmarks.harness import Contender, Row, Target
from benchmarks.machine import cores
from benchmarks.workload import Work

TARGET = 1.8
COUNT = 64


def rows() -> Iterator[Row]:
    """With and without noise; where there is only one core, two threads are missing."""
    for work in (Work(256, 224), Work(256, 224, noise=True)):
        out = torch.empty(work.shape(COUNT))  # one for all: each finds it as the last one left it
        two = batch(work, COUNT, "2 threads", out, threads=2)
        copy = Contender("that copy, 2 threads", work.copy_floor(out), threads=2)
        if cores() < 2:
            two = Contender(two.name, missing="one core only")
            copy = Contender(copy.name, missing="one core only")
        yield Row(
            name=f"threads/{work.name}",
            title=f"Threads: batch of {COUNT}, {work.title}",
            per="image",
            items=COUNT,
            contenders=[two, batch(work, COUNT, "1 thread", out), copy],
            floor=floor(work, out),
            targets=[Target("2 threads", ("1 thread",), TARGET)],
            note="written into a buffer that is there; by the wall",
            wall=True,
        )
