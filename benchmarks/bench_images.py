"""Images: crop, flip, normalise (and noise), one at a time and in batches, by one thread."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from torch import Tensor

import seedaug
from benchmarks import peers
from benchmarks.bench_numbers import isas
from benchmarks.harness import FLOOR, SECONDS, Contender, Row, Target, Within
from benchmarks.workload import Work
from seedaug import functional as F

CYCLE = 16  # calls for one image go through so many, each with its key

LOOP, ALBUMENTATIONS = "torchvision v2, loop and stack", "AlbumentationsX, loop and stack"
RAW_NORMALS = "our raw normals"
# DALI hands out its own buffers again and again, so it is held against ours that does so too.
FRESH, REUSED, REUSED_AVX2 = "seedaug", "seedaug, out=", "seedaug, out= (avx2)"

ONE = {
    Work(256, 224): [Target(FRESH, ("torchvision v2",), 3.5), Within(FRESH, 1.7)],
    Work(256, 224, noise=True): [],
    Work(32, 32, padding=4): [
        Target(FRESH, ("torchvision v2",), 7),
        Within(FRESH, 10e-6, SECONDS),
    ],
}
BATCHES = {
    Work(256, 224): [
        Target(FRESH, (LOOP,), 12),
        Target(REUSED, ("DALI (CPU)",), 4),
        Target(FRESH, ("kornia",), 20),
        Within(REUSED, 1.5, FLOOR),
        Within(REUSED_AVX2, 1.7, FLOOR),
    ],
    Work(256, 224, noise=True): [
        Target(FRESH, (LOOP,), 6),
        Target(FRESH, ("kornia",), 15),
        Within(REUSED, 1.3, FLOOR, RAW_NORMALS),
    ],
    Work(256, 224, raw=True): [Target(FRESH, (LOOP,), 8), Within(REUSED, 1.5)],
    Work(256, 224, hwc=True): [Target(FRESH, (ALBUMENTATIONS,), 4), Within(REUSED, 2)],
    Work(240, 224, ragged=True): [Target(FRESH, (LOOP,), 6), Within(REUSED, 1.7)],
    Work(32, 32, padding=4): [
        Target(FRESH, ("kornia",), 10),
        Target(FRESH, ("masked shifts",), 10),
        Within(FRESH, 2e-6, SECONDS),
    ],
    Work(32, 32, padding=4, noise=True): [],
}


def one(work: Work) -> Contender:
    """Under a sample's key, as inside a dataset; opening the context is part of the time."""
    augment, images = work.compose(), work.images(CYCLE)
    keys = [seedaug.Key(epoch=1, index=i) for i in range(CYCLE)]
    pairs = itertools.cycle(zip(keys, images, strict=True))

    def call() -> Any:
        key, image = next(pairs)
        with seedaug.sample(key):
            return augment(image)

    return Contender(FRESH, call, lambda x: work.check_ours(x, images[:1], keys[:1]))


def batch(
    work: Work, count: int, name: str, out: Tensor | None, threads: int = 1, isa: str = ""
) -> Contender:
    """A batch under its keys, into `out` if that is given."""
    augment, images = work.compose(), work.inputs(count)
    keys = seedaug.keys(epoch=1, index=range(count))
    known = [seedaug.Key(epoch=1, index=i) for i in range(count)]

    def call() -> Any:
        return augment(images, keys=keys, out=out)

    def check(result: Tensor) -> None:
        work.check_ours(result, images, known)
        assert result.is_contiguous(), "the result is not laid out as [N, C, H, W]"

    return Contender(name, call, check, threads=threads, isa=isa)


def ours(work: Work, count: int, out: Tensor) -> Iterator[Contender]:
    """A result of its own each time; one buffer for all; and with AVX2 where that isn't chosen."""
    yield batch(work, count, FRESH, None)
    yield batch(work, count, REUSED, out)
    if any(target.ours == REUSED_AVX2 for target in BATCHES.get(work, ())):
        if "avx2" in isas()[1:]:
            yield batch(work, count, REUSED_AVX2, out, isa="avx2")
        else:
            yield Contender(REUSED_AVX2, missing="measured above, or not here")


def floor(work: Work, out: Tensor, cycle: int = 1) -> Contender:
    """The copy that no contender can beat, into the buffer that the others use too."""
    kind = str(work.dtype).removeprefix("torch.")
    return Contender(f"uint8 to {kind} into a buffer", work.copy_floor(out, cycle))


def raw_normals(work: Work, count: int) -> Contender:
    """As many normals as there are values, an image's after another's: memory that is cached."""
    key, values = seedaug.keys(seed=3, index=[0])[0], 3 * work.crop**2

    def call() -> None:
        for _ in range(count):
            F.normal(key, values)

    return Contender(RAW_NORMALS, call)


def rows() -> Iterator[Row]:
    """One image at a time, then batches."""
    for work, targets in ONE.items():
        yield Row(
            name=f"one/{work.name}",
            title=f"One image, {work.title}",
            per="image",
            items=1,
            contenders=[one(work), *peers.one_by_one(work, work.images(CYCLE))],
            floor=floor(work, work.empty(1), CYCLE),
            targets=targets,
            note="seedaug inside a sample's context, a new one each call",
        )
    for work, targets in BATCHES.items():
        count = 512 if work.crop == 32 else 64
        out = work.empty(count)
        yield Row(
            name=f"batch/{work.name}",
            title=f"Batch of {count}, {work.title}",
            per="image",
            items=count,
            contenders=[*ours(work, count, out), *peers.batches(work, work.inputs(count))],
            floor=floor(work, out),
            targets=targets,
            bounds=[raw_normals(work, count)] if work.noise and count == 64 else [],
            note="every image with parameters of its own",
        )
