"""Fills in every element type: one reading of docs/stream-format.md, section 5, and its errors."""

import math

import numpy as np
import pytest
import torch

import seedaug
from seedaug import functional as F

KEY = seedaug.Key(seed=1)
BY_FLOAT32 = [torch.uint8, torch.float16, torch.bfloat16, torch.float32]
WIDE = [
    torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64
]  # fmt: skip
FILLS = [0, 1, -1, 0.99999999, 254.99999999, -0.5, 200.7, 300, -3.5, 1e5, 2**31 - 1, 2.0**33 + 5,
         -(2.0**40), 2.0**53 + 2, math.nextafter(2.0**62, 0), -math.nextafter(2.0**62, 0),
         16777217, 1 + 2**-11 + 2**-30]  # fmt: skip


def filled(fill, dtype):
    return seedaug.Pad((1, 0, 0, 0), fill=fill)(torch.zeros(1, 1, 1, dtype=dtype), KEY)[0, 0, 0]


def expected(fill, dtype):
    if dtype in BY_FLOAT32:
        fill = float(np.float32(fill))
        if dtype == torch.uint8:
            fill = min(max(math.trunc(fill), 0), 255)
        return torch.tensor(fill, dtype=torch.float32).to(dtype)
    if dtype in WIDE:
        bits = 8 * dtype.itemsize
        low = math.trunc(fill) % 2**bits
        return torch.tensor(
            low - 2**bits if dtype.is_signed and low >> bits - 1 else low, dtype=dtype
        )
    return torch.tensor(fill, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("dtype", [*BY_FLOAT32, *WIDE, torch.bool, torch.float64], ids=str)
def test_the_types_of_arithmetic_go_by_float32_the_others_by_the_number(dtype):
    for fill in FILLS:
        assert filled(fill, dtype).item() == expected(fill, dtype).item(), fill


def test_where_the_two_readings_differ():
    assert filled(254.99999999, torch.uint8) == 255
    assert filled(254.99999999, torch.int16) == 254
    assert filled(1e-50, torch.bool)
    assert filled(1e-50, torch.float32) == 0


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("fill", [2.0**62, -(2.0**62), 2**64, 1e300, math.inf, -math.inf])
def test_integers_refuse_what_they_could_not_hold(dtype, fill):
    image = torch.zeros(1, 2, 2, dtype=dtype)
    for made in (seedaug.Pad(1, fill=fill), seedaug.RandomCrop(2, padding=1, fill=fill)):
        name = str(dtype).split(".")[1]
        with pytest.raises(ValueError, match=rf"fill must lie between -2\^62 and 2\^62 for {name}"):
            made(image, KEY)
    with pytest.raises(ValueError, match="fill must lie between"), seedaug.sample(KEY):
        seedaug.Pad(1, fill=fill)(image)
    with pytest.raises(ValueError, match="fill must lie between"):
        F.pad(image[None], 1, fill=fill)


@pytest.mark.parametrize("sign", [1, -1])
def test_infinities_elsewhere(sign):
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        assert filled(sign * math.inf, dtype).item() == sign * math.inf
    assert filled(sign * math.inf, torch.uint8) == (255 if sign > 0 else 0)
    assert filled(sign * math.inf, torch.bool)
