"""Philox4x32-10: known answers, and the native words against the reference."""

import numpy as np
import pytest
import reference
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference.bridge import ISAS, key_tensor, using
from reference.strategies import examples

from seedaug import _core
from seedaug import functional as F

WORD = st.integers(0, 2**32 - 1)
LENGTHS = [*range(1, 71), 255, 4097, 65_543]


def integers(text):
    return [int(word, 16) for word in text.split()]


# --- Known answers ---

# The three of Random123 (kat_vectors, philox4x32 with 10 rounds).
KNOWN = [
    ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


@pytest.mark.parametrize(("counter", "key", "block"), KNOWN)
def test_known_answers(counter, key, block):
    counter, key, block = integers(counter), integers(key), integers(block)
    assert reference.philox(counter, key).tolist() == block
    assert list(_core.philox(tuple(counter), tuple(key))) == block


def test_value_of_the_cpp26_standard():
    """The 10000th word of a default std::philox4x32, whose seed is 20111115."""
    counter, key = ((10_000 - 1) // 4, 0, 0, 0), (20111115, 0)
    assert reference.philox(counter, key)[(10_000 - 1) % 4] == 1955073260
    assert _core.philox(counter, key)[(10_000 - 1) % 4] == 1955073260


# --- Reference ---


@examples(100)
@given(st.tuples(WORD, WORD, WORD, WORD), st.tuples(WORD, WORD))
def test_blocks_are_those_of_the_reference(counter, key):
    assert list(_core.philox(counter, key)) == reference.philox(counter, key).tolist()


@examples(50)
@given(
    at=st.builds(
        reference.Coordinates,
        seed=st.integers(0, 2**64 - 1),
        epoch=st.integers(0, 2**24 - 1),
        worker=st.integers(0, 2**20 - 1),
        index=st.integers(0, 2**40 - 1),
    ),
    kind=st.integers(1, 127),
    occurrence=st.integers(0, 31),
    first=st.integers(0, 2**32 - 200),
    count=st.integers(1, 70),
)
def test_words_of_a_stream(at, kind, occurrence, first, count):
    words = _core.words(*at.packed(), kind, occurrence, first, count)
    blocks = reference.Stream(at, kind, occurrence).blocks(first, (count + 3) // 4)
    assert np.array_equal(words, blocks.reshape(-1)[:count])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [torch.int32, torch.uint32])
def test_filled_words_of_every_length(isa, threads, dtype):
    places = [
        reference.Coordinates(seed=2**64 - 1, epoch=2**24 - 1, worker=2**20 - 1, index=2**40 - 1),
        reference.Coordinates(seed=5, index=2**32 - 1),
        reference.Coordinates(seed=5, index=2**32),
    ]
    for at in places:
        expected = reference.Stream(at, 16, 31).elements(max(LENGTHS))
        for count in LENGTHS:
            with using(isa, threads):
                words = F.words(key_tensor(at), count, dtype, occurrence=31)
            assert np.array_equal(words.numpy().view(np.uint32), expected[:count]), count


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("shape", [(1,), (3,), (5, 7), (2, 3, 4), (4099,)])
def test_filled_words_of_many_keys(isa, shape):
    """Rows of odd lengths begin at every alignment."""
    places = [reference.Coordinates(seed=1, epoch=e, index=i) for e in range(3) for i in range(5)]
    with using(isa):
        words = F.words(key_tensor(places), shape).numpy().view(np.uint32)
    for row, at in zip(words, places, strict=True):
        count = int(np.prod(shape))
        assert np.array_equal(row.reshape(-1), reference.Stream(at, 16).elements(count))
