"""Random programs on two devices, compared bit for bit until the time is up.

`python -m benchmarks.compare_devices --seconds 60 --out FILE` compares CUDA with the CPU. With
--device cpu the second is the CPU's plain loops (ISA scalar): a dry run that compares something
too. The first difference is printed with all that is needed to see it again; exit status 1.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import seedaug
from seedaug import _core, ops
from seedaug import functional as F
from seedaug.program import DTYPES, compile_steps
from seedaug.schema import Instruction
from seedaug.transforms import color, crop, flip, noise, pad

MODES = ("constant", "edge", "reflect", "symmetric")
WIDTHS = (32, 33, 64, 224, 225)  # beside random ones
GEOMETRY_ONLY = (torch.bool, torch.int16, torch.int64, torch.float64)


class Difference(Exception):
    """Two devices gave different bytes."""


def bits(x: Tensor) -> Tensor:
    """The bytes in logical order, on the CPU."""
    return x.cpu().flatten().clone(memory_format=torch.contiguous_format).view(torch.uint8)


def geometry(draw: random.Random, channels: int) -> Instruction:
    """One random crop, pad or flip that fits any image of 8x8 or more."""
    fill: float | tuple[float, ...] = draw.choice([(0,), (1,), tuple(range(1, channels + 1))])
    mode = draw.choice(MODES)
    around = [draw.randrange(4) for _ in range(4)]
    which = draw.randrange(5)
    if which == 0:
        size = (draw.randint(1, 80), draw.randint(1, 80))
        return crop.random_crop(size, around, pad_if_needed=True, fill=fill)
    if which == 1:
        return crop.random_crop(draw.randint(1, 8), around, fill=fill, padding_mode=mode)
    if which == 2:
        return pad.pad(around, fill, mode)
    flips = (flip.horizontal_flip, flip.vertical_flip)
    return draw.choice(flips)(draw.choice([0.5, 0.25, 1.0])) if which == 3 else crop.center_crop(8)


def arithmetic(draw: random.Random, channels: int) -> Instruction:
    """One random instruction that computes."""
    which = draw.randrange(3)
    if which == 0:
        mean = [draw.uniform(-1, 1) for _ in range(channels)]
        std = [draw.uniform(0.1, 2)] * channels
        return color.normalize(mean, std)
    if which == 1:
        return noise.gaussian_noise(draw.uniform(-1, 1), draw.uniform(0, 1), draw.random() < 0.5)
    return color.to_dtype(draw.choice(DTYPES), scale=draw.random() < 0.7)


def instructions(
    draw: random.Random, dtype: torch.dtype, channels: int
) -> list[tuple[Instruction, int]]:
    """A chain whose images stay 8x8 or larger until the last crop."""
    chain = []
    for _ in range(draw.randint(1, 6)):
        computes = dtype in DTYPES and draw.random() < 0.5
        one = arithmetic(draw, channels) if computes else geometry(draw, channels)
        small = one.schema.name == "random_crop" and min(one.given[:2]) < 8
        chain.append((one, draw.randrange(32)))
        if small:
            break
    return chain


def picture(draw: random.Random, dtype: torch.dtype, count: int) -> Tensor:
    """[count, C, H, W] or [count, T, C, H, W] of random bytes, in some memory layout."""
    width = draw.choice([draw.randint(8, 70), *WIDTHS])
    shape = [count, draw.choice([3, 3, 3, 1, 2, 4, 5]), draw.randint(8, 70), width]
    if draw.random() < 0.3:
        shape.insert(1, draw.randint(1, 3))
    raw = F.words(seedaug.Key(seed=draw.getrandbits(64)), shape)
    x = raw.remainder(256)
    made = (x / 255).to(dtype) if dtype.is_floating_point else x.to(dtype)
    memory = draw.choice(["contiguous", "channels_last", "strided"])
    if memory == "channels_last":
        return made.movedim(-3, -1).contiguous().movedim(-1, -3)
    return torch.stack([made, made], -1).flatten(-2)[..., ::2] if memory == "strided" else made


class Second:
    """The device that is compared with the CPU's best loops."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.best = _core.config()["isa"]

    def put(self, x: Tensor) -> Tensor:
        there = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=self.device)
        return there.copy_(x)

    def __enter__(self) -> None:
        if self.device == "cpu":
            torch.ops.seedaug.use_isa("scalar")

    def __exit__(self, *error: object) -> None:
        torch.ops.seedaug.use_isa(self.best)


def compare(case: int, second: Second) -> int:
    """Compare one random case; how many elements it had.

    Raises:
        Difference: with the case.
    """
    draw = random.Random(case)
    dtype = draw.choice([*DTYPES, *DTYPES, *GEOMETRY_ONLY])
    x = picture(draw, dtype, draw.randint(1, 5))
    keys = seedaug.keys(
        seed=draw.getrandbits(64),
        epoch=draw.getrandbits(24),
        worker=draw.getrandbits(20),
        index=[draw.getrandbits(40) for _ in range(len(x))],
    )
    keys = keys if draw.random() < 0.8 else keys[0]
    chain = instructions(draw, dtype, x.shape[-3])
    layout = draw.choice([ops.PRESERVE, ops.CONTIGUOUS, ops.CHANNELS_LAST])
    here, there, count = x, second.put(x), 0
    for program, values, out_dtype in compile_steps(chain, dtype):
        here = ops.augment_nograd(here, keys, program, values, out_dtype, layout)
        with second:
            there = ops.augment_nograd(there, second.put(keys), program, values, out_dtype, layout)
        count += here.numel()
        if here.stride() != there.stride() or not torch.equal(bits(here), bits(there)):
            raise Difference(f"case {case}: {[*x.shape]} {x.stride()} {dtype}: {program} {values}")
    for fill in (F.words, F.uniform, F.normal):
        size = draw.randint(1, 5000)
        with second:
            made = fill(second.put(keys), size)
        if not torch.equal(bits(made), bits(fill(keys, size))):
            raise Difference(f"case {case}: {fill.__name__}({keys.tolist()}, {size})")
        count += made.numel()
    return count


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.compare_devices", description=__doc__)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--out", type=Path, help="JSON file")
    given = parser.parse_args()
    second, elements, case = Second(given.device), 0, given.first
    end = time.monotonic() + given.seconds
    found: dict[str, Any] = {"device": given.device, "difference": None}
    while time.monotonic() < end and found["difference"] is None:
        try:
            elements += compare(case, second)
        except Difference as difference:
            found["difference"] = str(difference)
        case += 1
    found.update(first_case=given.first, cases=case - given.first, elements=elements)
    print(json.dumps(found, indent=1))
    if given.out is not None:
        given.out.write_text(json.dumps(found, indent=1) + "\n")
    raise SystemExit(found["difference"] is not None)


if __name__ == "__main__":
    main()
