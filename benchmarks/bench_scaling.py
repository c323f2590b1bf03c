"""How the time grows with the pixels of an image and with the length of a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

import seedaug
from benchmarks.bench_images import floor
from benchmarks.harness import Contender, Row, Within, measure
from benchmarks.workload import MEAN, STD, Work

SIDES = [1 << n for n in range(4, 14)]  # 2**8 … 2**26 pixels
LARGE = 1 << 12  # sides from here on take gigabytes and seconds
LENGTHS = range(1, 9)
EACH_FURTHER = 0.15  # of what a program with one pointwise transform takes
COUNT = 64
ROWS_CHECKED = 16  # of an image: the largest take gigabytes in double precision
FEW_SECONDS = 0.3  # for each size: there are many, and the shape of the curve is what counts


def image(side: int, noise: bool, name: str, out: torch.Tensor) -> Contender:
    """One image [3, side, side], padded and cropped, into a buffer."""
    work = Work(side, side, padding=4, noise=noise)
    augment, images, keys = work.compose(), work.images(1), seedaug.keys(index=[0])

    def check(result: torch.Tensor) -> None:
        rows = slice(ROWS_CHECKED)
        rest = result[0, :, rows].double() - work.expected(images[0], seedaug.Key(), rows)
        assert rest.abs().max() < (0.5 if noise else 5e-6), f"off by {rest.abs().max():.2g}"

    return Contender(name, lambda: augment(images, keys=keys, out=out), check)


def pixels(sides: list[int]) -> Iterator[tuple[int, Row]]:
    """Images from one that fits the first-level cache to one that fits none."""
    for side in sides:
        work = Work(side, side, padding=4)
        out = work.empty(1)
        yield (
            side * side,
            Row(
                name=f"scaling/pixels-{side * side}",
                title=f"One image, {side}x{side}",
                per="pixel",
                items=side * side,
                contenders=[
                    image(side, False, "seedaug", out),
                    image(side, True, "seedaug, noise", out),
                ],
                floor=floor(work, out),
                note="pad 4, crop, flip, normalise; three channels",
            ),
        )


def chain(length: int, out: torch.Tensor) -> Contender:
    """Crop, flip and so many Normalize, fused, on a batch."""
    work = Work(256, 224)
    first = [seedaug.RandomCrop(work.crop), seedaug.RandomHorizontalFlip()]
    more = [seedaug.Normalize((0.1 * n,), (1 + 0.1 * n,)) for n in range(1, length)]
    augment = seedaug.Compose([*first, seedaug.Normalize(MEAN, STD), *more])
    images, keys = work.images(COUNT), seedaug.keys(index=range(COUNT))

    def check(result: torch.Tensor) -> None:
        for n in (0, COUNT - 1):
            want = work.expected(images[n], seedaug.Key(index=n))
            for m in range(1, length):
                want = (want - 0.1 * m) / (1 + 0.1 * m)
            off = float((result[n].double() - want).abs().max())
            assert off < 1e-5, f"off by {off:.2g}"

    return Contender(str(length), lambda: augment(images, keys=keys, out=out), check)


def lengths(upto: int = LENGTHS[-1]) -> Row:
    """Programs with 1, 2, … pointwise transforms, in turn."""
    work = Work(256, 224)
    out = work.empty(COUNT)
    most = 1 + EACH_FURTHER * (upto - 1)
    return Row(
        name="scaling/length",
        title=f"Batch of {COUNT}, 256: crop 224, flip, and 1 to {upto} Normalize, fused",
        per="image",
        items=COUNT,
        contenders=[chain(length, out) for length in range(1, upto + 1)],
        floor=floor(work, out),
        targets=[Within(str(upto), most, "1")],
        note="into a buffer that is there",
    )


def measured(seconds: float, large: bool) -> dict[str, Any]:
    """Both curves: ``{"pixels": [{"x", "row"}, ...], "length": row}``.

    Args:
        seconds: for the lengths.
        large: whether the largest images are among them.
    """
    sides = [side for side in SIDES if large or side < LARGE]
    return {
        "pixels": [{"x": x, "row": measure(row, FEW_SECONDS)} for x, row in pixels(sides)],
        "length": measure(lengths(), seconds),
    }
