"""Streams: the layout of keys and what is drawn from words, by known answers and the reference."""

import random

import numpy as np
import pytest
import reference
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference.bridge import ISAS, key_tensor, placed, using
from reference.normal import normal_elements
from reference.strategies import examples

import seedaug
from seedaug import _core
from seedaug import functional as F
from seedaug.bit_generator import BitGenerator
from seedaug.random import SeededGlobals

S = reference.Coordinates(seed=0x0123456789ABCDEF, epoch=7, worker=3, index=0x1122334455)
COORDINATES = st.builds(
    reference.Coordinates,
    seed=st.integers(-(2**63), 2**64 - 1),
    epoch=st.integers(0, 2**24 - 1),
    worker=st.integers(0, 2**20 - 1),
    index=st.integers(0, 2**40 - 1),
)


def key_of(at):
    return seedaug.Key(seed=at.seed, epoch=at.epoch, worker=at.worker, index=at.index)


# --- Known answers: the examples of docs/stream-format.md ---


def test_packed_key_of_the_example():
    packed = (81985529216486895, 2464388552964702208, 52776558135057)
    assert S.packed() == packed
    assert key_of(S).packed() == packed


@pytest.mark.parametrize(
    ("kind", "words"),
    [(1, "91887e16 a7b09321 8aaf8e17 1e938591"), (4, "19407e45 15b5deb4 9a87d6e6 4712e96e")],
)
def test_parameter_words_of_the_example(kind, words):
    expected = [int(word, 16) for word in words.split()]
    assert reference.Stream(S, kind).parameters() == expected
    assert _core.words(*S.packed(), kind, 0, 0, 4).tolist() == expected


def test_uniforms_of_the_example():
    text = "0x1.4b9a4p-1 0x1.d2562p-4 0x1.74c99cp-1 0x1.6260fp-4"
    expected = [float.fromhex(one) for one in text.split()]
    assert reference.uniform(reference.Stream(S, 17).elements(4)).tolist() == expected
    assert F.uniform(key_of(S), 4).tolist() == expected


def test_crop_and_flip_of_the_example():
    steps = [("random_crop", {"size": (32, 32), "padding": (4,) * 4}), ("horizontal_flip", {})]
    image = reference.Image(np.zeros((1, 32, 32), np.uint8), "uint8")
    expected = [[5, 4, 4, 4, 4, 4], [1, 0, 0, 0, 0, 0]]
    assert reference.draws(steps, image, S) == expected
    pipeline = seedaug.Compose([seedaug.RandomCrop(32, padding=4), seedaug.RandomHorizontalFlip()])
    params = pipeline.params(key_of(S), (32, 32))
    assert (params["random_crop"]["top"], params["random_crop"]["left"]) == (5, 4)
    assert params["horizontal_flip"]["flipped"]


@pytest.mark.parametrize(("epoch", "order"), [(0, "25460731"), (1, "34076251")])
def test_shuffle_of_the_example(epoch, order):
    expected = [int(digit) for digit in order]
    assert reference.shuffle(0, epoch, 0, 8).tolist() == expected
    assert _core.permutation(0, epoch, 0, 8).tolist() == expected


def test_kinds_are_those_of_the_document():
    assert {name: number for name, number in _core.KINDS.items() if number < 96} == reference.KINDS


# --- Reference ---


@examples(100)
@given(COORDINATES)
def test_packed_keys(at):
    assert key_of(at).packed() == at.packed()
    assert key_of(at).tensor().tolist() == list(at.packed())


@examples(100)
@given(COORDINATES, st.integers(1, 200))
def test_shuffles(at, n):
    seed = at.seed % 2**64
    expected = reference.shuffle(seed, at.epoch, at.worker, n)
    assert np.array_equal(_core.permutation(seed, at.epoch, at.worker, n), expected)


@examples(100)
@given(COORDINATES, st.floats(0, 1))
def test_gates(at, p):
    steps = [("horizontal_flip", {"p": p}), ("vertical_flip", {"p": p})]
    image = reference.Image(np.arange(4, dtype=np.uint8).reshape(1, 2, 2), "uint8")
    out = F.augment(torch.from_numpy(image.data), key_tensor(at), placed(steps))
    assert np.array_equal(out.numpy(), reference.run(steps, image, at).data)


@pytest.mark.parametrize("place", range(3))
def test_gate_at_its_threshold(place):
    """A gate opens strictly below floor(p 2^32 + 0.5), for the p that lie around the word."""
    at = reference.Coordinates(seed=place)
    word = reference.Stream(at, 4).parameters()[0]
    x = torch.tensor([[1, 2]], dtype=torch.uint8)
    for step in range(-3, 4):
        p = (word + step / 2) / 2**32
        made = F.random_horizontal_flip(x, keys=at.packed() and key_tensor(at), p=p)
        flipped = made.tolist() == [[2, 1]]
        assert flipped == reference.gate(word, p) == (step >= 1)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_filled_uniforms(isa, dtype):
    places = [reference.Coordinates(seed=3, worker=w, index=i) for w in range(2) for i in range(9)]
    for count in (*range(1, 40), 4097):
        with using(isa):
            filled = F.uniform(key_tensor(places), count, dtype, occurrence=2)
        for row, at in zip(filled, places, strict=True):
            expected = reference.uniform(reference.Stream(at, 17, 2).elements(count))
            assert torch.equal(row, torch.from_numpy(expected).to(dtype))


@examples(100)
@given(COORDINATES, st.integers(0, 31))
def test_numpy_generator(at, occurrence):
    """Words in order; 64-bit draws take two, the lower half first; doubles their upper 53 bits."""
    generator = np.random.Generator(BitGenerator((*at.packed(), 25, occurrence)))
    words = reference.Stream(at, 25, occurrence).elements(12).astype(np.uint64)
    first = generator.integers(0, 2**64, 2, dtype=np.uint64, endpoint=False)
    pairs = words[0::2] | words[1::2] << np.uint64(32)
    assert np.array_equal(first, pairs[:2])
    assert generator.integers(0, 2**32, 4, dtype=np.uint32).tolist() == words[4:8].tolist()
    assert generator.random(2).tolist() == ((pairs[4:] >> np.uint64(11)) * 2.0**-53).tolist()


def number(words):
    return sum(int(word) << 32 * place for place, word in enumerate(words))


def test_the_first_draw_of_torchs_generator_is_after_a_twist():
    words = reference.Stream(S, 26).elements(624)
    with seedaug.sample(key_of(S)):
        generator = seedaug.torch_generator()
    assert generator.initial_seed() == number(words[:2])
    twister = np.random.MT19937(0)
    twister.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": 624}}
    first = twister.random_raw()
    assert torch.randint(2**24, (), generator=generator).item() == first % 2**24


def everything():
    return random.random(), np.random.random_sample(), torch.rand(()).item()


def expected_everything(at, python, numpy, torch_):
    """Of the streams (kind, occurrence): one integer, an array of 8 words, a state."""
    generator = torch.Generator()
    state = generator.get_state().numpy().view(np.uint64)
    state[3:627] = reference.Stream(at, *torch_).elements(624)
    state[1:3] = [1 | 1 << 32, 0]
    generator.set_state(torch.from_numpy(state.view(np.uint8)))
    return (
        random.Random(number(reference.Stream(at, *python).elements(8))).random(),
        np.random.RandomState(reference.Stream(at, *numpy).elements(8)).random_sample(),
        torch.rand((), generator=generator).item(),
    )


def test_what_the_global_generators_are_seeded_from():
    with SeededGlobals(S.packed()):
        drawn = everything()
        assert torch.initial_seed() == number(reference.Stream(S, 29).elements(2))
    assert drawn == expected_everything(S, (30, 0), (28, 0), (29, 0))


def test_whose_the_shuffles_occurrences_are():
    class Drawing(torch.utils.data.Sampler):
        def __iter__(self):
            self.drawn = everything()
            return iter(range(2))

        def __len__(self):
            return 2

    sampler = Drawing()
    assert len([*seedaug.DataLoader(range(2), sampler=sampler, seed=11)]) == 2
    at = reference.Coordinates(seed=11)
    assert sampler.drawn == expected_everything(at, (24, 1), (24, 2), (24, 3))


def test_how_many_can_be_shuffled():
    assert _core.MAX_SHUFFLED == 2**32
    with pytest.raises(ValueError, match=r"n must be in \[0, 2\^32\], since .* got 4294967297"):
        _core.permutation(0, 0, 0, 2**32 + 1)


def test_which_kinds_are_reserved():
    free = {*range(1, _core.USER_KIND_FIRST)} - {*_core.KINDS.values()}
    assert free == {*range(10, 16), *range(19, 24), *range(32, 96)}
    assert _core.KINDS == reference.KINDS


@pytest.mark.parametrize("shape", [(5, 7), (3, 5, 7), (2, 3, 5, 7), (2, 2, 3, 5, 7)])
def test_elements_are_numbered_over_all_dimensions_of_a_sample(shape):
    x, count = torch.zeros(shape), int(np.prod(shape))
    noise = seedaug.GaussianNoise(sigma=1.0, clip=False)
    each = [
        torch.from_numpy(normal_elements(reference.Stream(at, 8), count)).reshape(shape)
        for at in (S, reference.Coordinates(seed=1))
    ]
    assert torch.equal(noise(x, key_of(S)), each[0])
    keys = key_tensor([S, reference.Coordinates(seed=1)])
    assert torch.equal(noise(torch.stack([x, x]), keys=keys), torch.stack(each))


def test_explicit_keys_start_anew_and_views_count_on():
    x = torch.arange(35.0).reshape(1, 5, 7)
    twice = seedaug.Compose([seedaug.GaussianNoise(clip=False), seedaug.GaussianNoise(clip=False)])
    key = key_of(S)
    assert torch.equal(twice(x, key), twice(x, key))
    with seedaug.sample(key):
        applied = [twice(x) for _ in range(3)]
    with seedaug.sample(key, stage=1):
        later = [twice(x) for _ in range(3)]
    for v in range(3):
        assert torch.equal(twice(x, key, view=v), applied[v])
        assert torch.equal(twice(x, key, view=v, stage=1), later[v])
        zs = [normal_elements(reference.Stream(S, 8, 2 * v + n), 35) for n in range(2)]
        sigma = np.float32(0.1)
        noisy = x.numpy().reshape(-1)
        for z in zs:
            noisy = noisy + reference.fma(z, sigma, np.float32(0))
        assert torch.equal(applied[v].reshape(-1), torch.from_numpy(noisy))


@pytest.mark.parametrize(
    ("mean", "std", "fits"),
    [
        (0.0, 2.0**-125, True),
        (0.0, 2.0**-125 * (1 - 2**-50), False),
        (0.0, 2.0**125, True),
        (0.0, -(2.0**125), True),
        (0.0, 2.0**125 * (1 + 2**-50), False),
        (3e38, 1.0, True),
        (3e38, 0.5, False),
        (2.0**128, 1.0, False),
        (2.0**128, 2.0, False),
    ],
)
def test_what_normalize_refuses(mean, std, fits):
    def run():
        return seedaug.Normalize([mean], [std])(torch.ones(1, 1, 1), seedaug.Key())

    if fits:
        assert run().isfinite().all()
    else:
        with pytest.raises(ValueError, match=r"mean|std"):
            run()


@examples(100)
@given(COORDINATES)
def test_other_generators(at):
    with seedaug.sample(key_of(at)):
        torch_generator, python = seedaug.torch_generator(), seedaug.py_random()
    words = reference.Stream(at, 26).elements(624).astype(np.uint64)
    assert words.tobytes() in torch_generator.get_state().numpy().tobytes()
    seed = sum(int(w) << 32 * i for i, w in enumerate(reference.Stream(at, 27).elements(8)))
    assert python.getstate() == random.Random(seed).getstate()
