"""`seedaug.rng()` as NumPy's own: copies, pickles, states, children, jumps."""

import copy
import json
import multiprocessing
import pickle

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from reference.strategies import COORDINATES, examples

import seedaug
from seedaug import _core
from seedaug.bit_generator import BitGenerator, StreamSeed

KEY = seedaug.Key(seed=-7, epoch=3, worker=2, index=2**33 + 5)
STREAM = (*KEY.packed(), 25, 0)
CHILDREN, STATE, JUMPS = range(3)
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def rng():
    with seedaug.sample(KEY):
        return seedaug.rng()


def draws(generator):
    """Of every size of draw, and an odd number of words in all."""
    return [
        generator.random(),
        generator.integers(2**40),
        generator.integers(100, dtype=np.uint32, size=3).tolist(),
        generator.standard_normal(3).tolist(),
        generator.permutation(5).tolist(),
        generator.integers(7, dtype=np.uint8),
        generator.bit_generator.random_raw(),
    ]


def halfway(words):
    generator = rng()
    generator.integers(2**32, size=words, dtype=np.uint32)
    return generator


def derived(stream, use, number):
    """docs/stream-format.md, section 7, by the reference."""
    w0, w1, w2, w3 = map(int, stream.blocks(15, 1)[0])
    at = reference.Coordinates(
        seed=w0 | w1 << 32, epoch=w3 >> 8, worker=number, index=w2 | (w3 & 0xFF) << 32
    )
    return reference.Stream(at, 31, use)


def words(generator, count=9):
    return generator.integers(2**32, size=count, dtype=np.uint32).tolist()


# --- What NumPy asks of a bit generator ---


def test_it_is_one_of_numpys():
    bits = rng().bit_generator
    assert isinstance(bits, np.random.BitGenerator)
    assert type(rng()) is np.random.Generator
    assert draws(np.random.Generator(bits)) == draws(rng())
    again = np.random.RandomState(BitGenerator(STREAM))
    assert again.random_sample() == rng().random()


def test_its_c_interfaces_read_the_same_stream():
    bits = rng().bit_generator
    first = bits.ctypes.next_uint32(bits.ctypes.state)
    assert [first, *words(np.random.Generator(bits), 3)] == words(rng(), 4)
    assert rng().bit_generator.random_raw(3).tolist() == rng().integers(
        0, 2**64, 3, dtype=np.uint64, endpoint=False
    ).tolist()  # fmt: skip


@pytest.mark.parametrize("read", [0, 1, 63, 64, 65, 200])
@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        *(lambda g, p=p: pickle.loads(pickle.dumps(g, p)) for p in PROTOCOLS),
    ],
    ids=["copy", "deepcopy", *(f"pickle{p}" for p in PROTOCOLS)],
)
def test_a_copy_goes_on_where_it_was(duplicate, read):
    original = halfway(read)
    bits = original.bit_generator
    bits.spawn(2)
    other = duplicate(bits)
    assert type(other) is BitGenerator
    assert other is not bits
    assert other.state == bits.state
    whole = copy.deepcopy(original) if duplicate is copy.copy else duplicate(original)
    expected = draws(original)
    assert draws(np.random.Generator(other)) == expected
    assert draws(whole) == expected  # each by itself
    assert other.spawn(1)[0].state == bits.spawn(1)[0].state


@pytest.mark.parametrize("read", [0, 1, 63, 64, 65, 200])
def test_state_round_trips(read):
    generator = halfway(read)
    bits = generator.bit_generator
    state = bits.state
    assert state["state"]["position"] == read
    assert state["state"]["stream"] == [*STREAM]
    first = draws(generator)
    bits.state = state
    assert draws(generator) == first  # a Generator that was there before
    bits.state = json.loads(json.dumps(state))
    assert draws(generator) == first
    other = BitGenerator((*seedaug.Key(seed=1).packed(), 96, 3))
    draws(np.random.Generator(other))
    other.state = state
    assert draws(np.random.Generator(other)) == first


def broken(**parts):
    state = rng().bit_generator.state
    return state | {"state": state["state"] | parts}


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (3, TypeError, "state must be a dict"),
        (np.random.PCG64(0).state, ValueError, "state must be that of a BitGenerator"),
        ({"bit_generator": "BitGenerator"}, ValueError, "state lacks 'state'"),
        (broken(stream=[1, 2, 3]), ValueError, "unpack"),
        (broken(stream=[2**63, 0, 0, 25, 0]), ValueError, "five integers"),
        (broken(stream=[0, 1, 0, 25, 0]), ValueError, "not a packed key"),
        (broken(stream=[0, 0, 0, 128, 0]), ValueError, r"kind must be in \[1, 127\]"),
        (broken(position=-1), ValueError, "position must be in"),
        (broken(position=_core.MAX_ELEMENTS + 1), ValueError, "position must be in"),
        (broken(position=1.5), TypeError, "integer"),
        (broken(jumps=2**20), ValueError, "jumps away"),
        (broken(children=-1), ValueError, "children"),
    ],
)
def test_a_state_that_is_none_changes_nothing(state, error, words):
    bits = halfway(5).bit_generator
    before = bits.state
    with pytest.raises(error, match=words):
        bits.state = state
    assert bits.state == before


@pytest.mark.parametrize("seed", [0, None, np.random.SeedSequence(1), [1, 2]])
def test_it_is_made_of_a_stream_only(seed):
    with pytest.raises(TypeError, match="is made of a stream"):
        BitGenerator(seed)
    bits = rng().bit_generator
    with pytest.raises(ValueError, match="reads a stream already"):
        bits.__init__(STREAM)  # type: ignore[misc]
    assert draws(np.random.Generator(bits)) == draws(rng())


# --- Children and jumps ---


@examples(60)
@given(COORDINATES, st.integers(0, 31), st.sampled_from([0, 1, 77, 2**20 - 1]))
def test_what_is_derived_by_the_reference(at, occurrence, number):
    stream = reference.Stream(at, 25, occurrence)
    own = (*at.packed(), 25, occurrence)
    child = StreamSeed(own, 0, number).spawn(1)[0]
    expected = derived(stream, CHILDREN, number)
    assert words(np.random.Generator(BitGenerator(child))) == expected.elements(9).tolist()
    grandchild = BitGenerator(child).spawn(2)[1]
    again = derived(expected, CHILDREN, 1)
    assert words(np.random.Generator(grandchild)) == again.elements(9).tolist()
    seed = StreamSeed(own)
    state = derived(stream, STATE, 0).elements(8)
    assert seed.generate_state(8).tolist() == state.tolist()
    assert seed.generate_state(4, np.uint64).tolist() == state.view(np.uint64).tolist()
    jumped = BitGenerator(own).jumped(number)
    expected = derived(stream, JUMPS, number) if number else stream
    assert words(np.random.Generator(jumped)) == expected.elements(9).tolist()


def test_known_answers():
    """Recorded from stream version 1; a change of any is a new stream version."""
    child, second = rng().spawn(2)
    assert words(child, 2) == [1420229044, 3632147631]
    assert words(second, 2) == [369648972, 1668793791]
    assert words(np.random.Generator(rng().bit_generator.jumped()), 2) == [2278599903, 3725491049]
    assert rng().bit_generator.seed_seq.generate_state(2).tolist() == [3943322536, 2673631482]


def test_children_are_the_streams_not_the_moments():
    early = rng().spawn(3)
    late = halfway(100)
    assert [draws(one) for one in late.spawn(1) + late.spawn(2)] == [draws(one) for one in early]
    other = rng()
    other.bit_generator.seed_seq.spawn(1)
    assert draws(other.spawn(1)[0]) == draws(rng().spawn(2)[1])


def test_jumps_add_up_and_keep_the_place():
    bits = halfway(5).bit_generator
    twice = bits.jumped().jumped()
    assert twice.state == bits.jumped(2).state
    assert twice.state["state"]["position"] == 5
    assert twice.jumped(-2).state == bits.state
    assert draws(np.random.Generator(twice.spawn(1)[0])) != draws(
        np.random.Generator(bits.spawn(1)[0])
    )


def test_nothing_is_drawn_twice():
    """All that is derived within a sample, and every stream of the sample itself."""
    with seedaug.sample(KEY):
        generators = [seedaug.rng() for _ in range(16)]
    generators += [one for parent in generators[:4] for one in parent.spawn(20)]
    generators += [one for parent in generators[16:20] for one in parent.spawn(20)]
    generators += [
        np.random.Generator(parent.bit_generator.jumped(n))
        for parent in (generators[0], generators[16])
        for n in range(1, 20)
    ]
    seen = {tuple(words(one, 4)) for one in generators}
    seen |= {tuple(_core.words(*KEY.packed(), kind, 0, 16, 4)) for kind in range(1, 128)} - {
        tuple(_core.words(*STREAM, 16, 4))
    }
    assert len(seen) == len(generators) + 126


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda b: b.spawn(-1), ValueError, "at most 1048576 children, 0 are there already"),
        (lambda b: b.spawn(2**20 + 1), ValueError, "at most 1048576 children"),
        (lambda b: b.spawn(1.5), TypeError, "integer"),
        (lambda b: b.jumped(2**20), ValueError, "0 … 1048575 jumps away, got 1048576"),
        (lambda b: b.jumped(-1), ValueError, "jumps away, got -1"),
        (lambda b: b.seed_seq.generate_state(2, np.float32), ValueError, "uint32 or uint64"),
    ],
)
def test_out_of_range(call, error, words):
    with pytest.raises(error, match=words):
        call(rng().bit_generator)


# --- Beyond this process ---


def drawn_elsewhere(generator):
    return draws(generator), draws(generator.spawn(1)[0])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_go_on_with_it(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    with multiprocessing.get_context(method).Pool(1) as pool:
        elsewhere = pool.map(drawn_elsewhere, [halfway(3)] * 2)
    assert elsewhere == [drawn_elsewhere(halfway(3))] * 2


def test_a_users_stream_gives_one_too():
    stream = seedaug.transforms.stream.Stream(KEY.packed(), 100, 2)
    generator = pickle.loads(pickle.dumps(stream.generator()))
    assert words(generator) == stream.words(9).tolist()
