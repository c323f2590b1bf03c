"""Normals: known answers, the reference bit for bit, and every radius and angle there is."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import reference
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from reference import exhaustive
from reference.bridge import ISAS, key_tensor, using
from reference.normal import normal_elements
from reference.strategies import examples

from seedaug import functional as F

S = reference.Coordinates(seed=0x0123456789ABCDEF, epoch=7, worker=3, index=0x1122334455)
GOLDEN = json.loads((Path(__file__).parent / "golden" / "normal.json").read_text())
FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
LARGEST = Fraction(float(np.finfo(np.float32).max))


def box_muller(words):
    return torch.ops.seedaug.box_muller(torch.from_numpy(words.view(np.int32))).numpy()


# --- The reference itself ---


def neighbours(x):
    return np.nextafter(x, np.float32(-np.inf)), np.nextafter(x, np.float32(np.inf))


@examples(1000)
@given(FLOAT32, FLOAT32, FLOAT32)
@example(2.0**-75, 2.0**-75, 2.0**-149)  # a sum of subnormals that is half a unit from both sides
@example(1 + 2.0**-12, 1 + 2.0**-12, 2.0**-60)  # where rounding twice goes wrong
@example(-1.0, 1.0, 1.0)
def test_fma_rounds_once(a, b, c):
    got = reference.fma(a, b, c)[()]
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        zero = np.float64(a) * np.float64(b) + np.float64(c)
        assert got == 0
        assert np.signbit(got) == np.signbit(zero)
    elif abs(exact) >= LARGEST:
        overflows = abs(exact) >= LARGEST + Fraction(2) ** 103
        assert bool(np.isinf(got)) == overflows
        assert np.signbit(got) == (exact < 0)
    else:
        for other in neighbours(got):
            if np.isfinite(other):
                far, near = abs(Fraction(float(other)) - exact), abs(Fraction(float(got)) - exact)
                assert near < far or (near == far and got.view(np.uint32) % 2 == 0)


# --- Known answers ---

EXAMPLE = (0xBE4A20AC, 0x3E293F57, 0xBFFCD659, 0x3DB66BC4, 0x3E8E865D, 0xBEF2F18C)


def test_normals_of_the_example():
    stream = reference.Stream(S, reference.KINDS["normal"])
    assert normal_elements(stream, 6).view(np.uint32).tolist() == [*EXAMPLE]
    for isa in ISAS:
        with using(isa):
            filled = F.normal(key_tensor(S), 6)
        assert filled.numpy().view(np.uint32).tolist() == [*EXAMPLE]


def test_extreme_radii():
    assert abs(reference.radius(np.array([1]))[0] - 5.768107) < 1e-6
    assert reference.radius(np.array([1 << 24])).view(np.uint32)[0] == 0


# --- Every input there is ---


@pytest.mark.parametrize("isa", ISAS)
def test_radius_and_angle_are_the_references_everywhere(isa):
    """The hashes were made with the reference: see reference/golden.py."""
    with using(isa):
        assert exhaustive.digests(box_muller) == GOLDEN


def test_error_of_every_radius():
    """At most 0.975 ulp, the ulp being that of the true value rounded to float32."""
    worst = 0.0
    for m, r in exhaustive.radii(box_muller):
        true = np.sqrt(-2 * np.log(m * 2.0**-24))
        inside = m < 1 << 24
        ulp = np.spacing(true[inside].astype(np.float32)).astype(np.float64)
        worst = max(worst, float((np.abs(r - true)[inside] / ulp).max()))
        assert (r[~inside] == 0).all()
    assert 0.9 < worst <= 0.975


def test_error_of_every_angle():
    """Below 2^-23.5 absolute for the cosine and for the sine."""
    worst = 0.0
    for t, cos, sin in exhaustive.angles(box_muller):
        angle = 2 * np.pi * (t * 2.0**-24)
        worst = max(worst, np.abs(cos - np.cos(angle)).max(), np.abs(sin - np.sin(angle)).max())
    assert 2.0**-24 < worst < 2.0**-23.5


# --- Reference ---


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_filled_normals_of_every_length(isa, threads, dtype):
    at = reference.Coordinates(seed=2**63, epoch=1, worker=2, index=2**33 + 3)
    lengths = [*range(1, 71), 255, 4097, 65_543]
    stream = reference.Stream(at, reference.KINDS["normal"], 17)
    expected = torch.from_numpy(normal_elements(stream, max(lengths))).to(dtype)
    for count in lengths:
        with using(isa, threads):
            filled = F.normal(key_tensor(at), count, dtype, occurrence=17)
        assert torch.equal(filled, expected[:count]), count


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("shape", [(1,), (3,), (5, 7), (2, 3, 4), (4099,)])
def test_filled_normals_of_many_keys(isa, shape):
    places = [reference.Coordinates(seed=1, worker=w, index=i) for w in range(3) for i in range(5)]
    with using(isa):
        filled = F.normal(key_tensor(places), shape)
    for row, at in zip(filled, places, strict=True):
        expected = normal_elements(reference.Stream(at, 18), int(np.prod(shape)))
        assert np.array_equal(row.numpy().reshape(-1).view(np.int32), expected.view(np.int32))
