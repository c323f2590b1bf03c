"""Images: crop, flip, normalise (and noise), one at a time and in batches, by one thread."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

import seedaug
from benchmarks import peers
from benchmarks.harness import Contender, Row, Target
from benchmarks.workload import Work

ONE_IMAGE_TARGET = 3.0  # times torchvision v2
CYCLE = 16  # calls for one image go through so many, each with its key

ONE = [Work(256, 224), Work(256, 224, noise=True), Work(32, 32, padding=4)]
BATCHES = [
    (Work(256, 224), 64),
    (Work(256, 224, noise=True), 64),
    (Work(32, 32, padding=4), 512),
    (Work(32, 32, padding=4, noise=True), 512),
]


def one(work: Work) -> Contender:
    """Under a sample's key, as inside a dataset; opening the context is part of the time."""
    augment, images = work.compose(), work.images(CYCLE)
    keys = [seedaug.Key(epoch=1, index=i) for i in range(CYCLE)]
    pairs = itertools.cycle(zip(keys, images, strict=True))

    def call() -> Any:
        key, image = next(pairs)
        with seedaug.sample(key):
            return augment(image)

    return Contender("seedaug", call, lambda x: work.check_ours(x, images[:1], keys[:1]))


def batch(work: Work, count: int, name: str, out: Tensor | None, threads: int = 1) -> Contender:
    """A batch under its keys, into `out` if that is given."""
    augment, images = work.compose(), work.images(count)
    keys = seedaug.keys(epoch=1, index=range(count))
    known = [seedaug.Key(epoch=1, index=i) for i in range(count)]

    def call() -> Any:
        return augment(images, keys, out=out)

    def check(result: Tensor) -> None:
        work.check_ours(result, images, known)

    return Contender(name, call, check, threads=threads)


def floor(work: Work, out: Tensor) -> Contender:
    """The copy that no contender can beat, into the buffer that the others use too."""
    return Contender("uint8 to float32 into a buffer", work.copy_floor(out))


def rows() -> Iterator[Row]:
    """One image at a time, then batches."""
    for work in ONE:
        yield Row(
            name=f"one/{work.name}",
            title=f"One image, {work.title}",
            per="image",
            items=1,
            contenders=[one(work), *peers.one_by_one(work, work.images(CYCLE))],
            floor=floor(work, torch.empty(work.shape(1))),
            targets=[Target("seedaug", ("torchvision v2",), ONE_IMAGE_TARGET)]
            if work == ONE[0]
            else (),
            note="seedaug inside a sample's context, a new one each call",
        )
    for work, count in BATCHES:
        out = torch.empty(work.shape(count))
        yield Row(
            name=f"batch/{work.name}",
            title=f"Batch of {count}, {work.title}",
            per="image",
            items=count,
            contenders=[
                batch(work, count, "seedaug", None),
                batch(work, count, "seedaug, out=", out),
                *peers.batches(work, work.images(count)),
            ],
            floor=floor(work, out),
            note="every image with parameters of its own",
        )
