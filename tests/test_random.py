"""Generators of the sample, and the guard around the global ones."""

import random
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import seedaug
from seedaug import _core, neighbours
from seedaug.random import SeededGlobals

KEY = seedaug.Key(seed=7, epoch=1, index=42)
MAKERS = [seedaug.rng, seedaug.torch_generator, seedaug.py_random]


def first_draws(maker, uses=1):
    made = maker()
    for _ in range(uses - 1):
        made = maker()
    if isinstance(made, np.random.Generator):
        return made.integers(2**62, size=4).tolist()
    if isinstance(made, torch.Generator):
        return torch.randint(2**62, (4,), generator=made).tolist()
    return [made.getrandbits(62) for _ in range(4)]


def under(key, *arguments):
    with seedaug.sample(key):
        return first_draws(*arguments)


def test_known_answers():
    """Recorded from stream version 1; a change of any is a new stream version."""
    with seedaug.sample(KEY):
        assert seedaug.rng().integers(2**62, size=2).tolist() == [
            4230508872071461666,
            1552192616326465434,
        ]
        assert seedaug.rng().random() == 0.9440160452541866
        generator = seedaug.torch_generator()
        assert torch.randint(2**31 - 1, (2,), generator=generator).tolist() == [
            605999877,
            1478340455,
        ]
        assert seedaug.py_random().getrandbits(62) == 41841354431922333
    with SeededGlobals(KEY.packed()):
        assert random.getrandbits(62) == 671356461040747286
        assert np.random.randint(2**62) == 3727359975737567318
        assert torch.randint(2**24, ()).item() == 15940605


@pytest.mark.parametrize("maker", MAKERS)
def test_a_generator_follows_the_key_and_its_use(maker):
    assert under(KEY, maker) == under(KEY, maker)
    assert under(KEY, maker) != under(seedaug.Key(seed=7, epoch=1, index=43), maker)
    assert under(KEY, maker, 2) != under(KEY, maker)
    with seedaug.sample(KEY, stage=1):
        assert first_draws(maker) != under(KEY, maker)


@pytest.mark.parametrize("maker", MAKERS)
def test_other_kinds_do_not_disturb(maker):
    with seedaug.sample(KEY):
        for other in MAKERS:
            if other is not maker:
                other()
        assert first_draws(maker) == under(KEY, maker)


@pytest.mark.parametrize("maker", MAKERS)
def test_outside_a_sample_and_too_often(maker):
    with pytest.raises(seedaug.NoKeyError, match="no key within reach"):
        maker()
    with seedaug.sample(KEY):
        for _ in range(16):
            maker()
        with pytest.raises(
            RuntimeError, match=rf"seedaug.{maker.__name__}\(\) was used more than 16"
        ):
            maker()


def test_numpy_words_are_the_streams_elements():
    kind = _core.KINDS["numpy_generator"]
    words = _core.words(*KEY.packed(), kind, 0, _core.PARAM_BLOCKS, 64)
    with seedaug.sample(KEY):
        drawn = seedaug.rng().integers(2**32, size=64, dtype=np.uint32)
    assert drawn.tolist() == words.tolist()


def test_python_random_is_seeded_with_256_bits():
    words = _core.words(*KEY.packed(), _core.KINDS["python_random"], 0, _core.PARAM_BLOCKS, 8)
    seed = sum(int(word) << 32 * place for place, word in enumerate(words))
    with seedaug.sample(KEY):
        assert seedaug.py_random().random() == random.Random(seed).random()


def test_torch_generator_holds_the_streams_words():
    """Twists the 624 words with NumPy's generator of the same algorithm."""
    words = _core.words(*KEY.packed(), _core.KINDS["torch_generator"], 0, _core.PARAM_BLOCKS, 624)
    twister = np.random.MT19937(0)
    twister.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": 624}}
    with seedaug.sample(KEY):
        generator = seedaug.torch_generator()
    drawn = torch.randint(2**24, (700,), generator=generator)
    assert drawn.tolist() == (twister.random_raw(700) % 2**24).tolist()


@pytest.mark.cuda
def test_torch_generator_on_cuda():
    def drawn():
        with seedaug.sample(KEY):
            return torch.rand(4, device="cuda", generator=seedaug.torch_generator("cuda")).tolist()

    assert drawn() == drawn()


def everything():
    return random.random(), np.random.rand(), np.random.randn(), torch.rand(()).item()


def seed_everything():
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    random.gauss(0, 1)
    np.random.randn()  # both keep a second normal for the next call
    return random.gauss


def test_globals_follow_the_key_and_are_put_back():
    seed_everything()
    undisturbed = [everything(), random.gauss(0, 1)]
    seed_everything()
    with SeededGlobals(KEY.packed()):
        inside = everything()
        with SeededGlobals(seedaug.Key(seed=8).packed()):
            assert everything() != inside
        after = everything()
    assert [everything(), random.gauss(0, 1)] == undisturbed
    with SeededGlobals(KEY.packed()):
        assert everything() == inside
        assert everything() == after
    assert len(set(inside)) == 4


def test_globals_are_put_back_after_an_exception_and_reseeding_inside():
    seed_everything()
    undisturbed = everything()
    seed_everything()

    def disturb():
        with SeededGlobals(KEY.packed()):
            seed_everything()
            everything()
            raise KeyError

    with pytest.raises(KeyError):
        disturb()
    assert everything() == undisturbed


def drawn_under(key, **options):
    with seedaug.seed_globals(key, **options):
        return everything()


def test_seed_globals_follows_its_key():
    seed_everything()
    undisturbed = everything()
    seed_everything()
    drawn = drawn_under(KEY)
    assert everything() == undisturbed
    assert drawn == drawn_under(KEY.tensor()) == drawn_under(KEY.packed())
    assert drawn != drawn_under(KEY, stage=1)
    with SeededGlobals(KEY.packed()):
        assert everything() == drawn


def test_seed_globals_in_the_sample_of_its_key_is_the_next_use():
    """Or it would repeat what the sample drew before."""

    def make(key):
        return everything(), drawn_under(key), drawn_under(key), drawn_under(seedaug.Key(seed=8))

    dataset = seedaug.SeededDataset([KEY] * 50, 7, make, seed_globals=True)
    dataset.set_epoch(1)
    first, second, third, other = dataset[42]
    assert len({first, second, third, other}) == 4
    assert first == drawn_under(KEY)
    assert other == drawn_under(seedaug.Key(seed=8))
    with seedaug.sample(KEY):
        assert (drawn_under(KEY), drawn_under(KEY)) == (first, second)
        for _ in range(14):
            drawn_under(KEY)
        with pytest.raises(RuntimeError, match=r"seedaug.seed_globals\(\) was used more than 16"):
            drawn_under(KEY)


def test_seed_globals_errors():
    with pytest.raises(TypeError, match=r"seedaug\.seed_globals: key must be a seedaug.Key"):
        drawn_under(3)
    with pytest.raises(ValueError, match="stage must be 0"):
        drawn_under(KEY, stage=2)


def test_threads_are_refused():
    """The generators are the process's: wrong bytes in one thread or the other, and no word."""
    dataset = seedaug.SeededDataset([0] * 4, 0, seed_globals=True)
    with ThreadPoolExecutor(1, "pool") as pool:
        with pytest.raises(RuntimeError, match="seed_globals=True was used in thread 'pool_0'"):
            pool.submit(lambda: dataset[0]).result()
        with pytest.raises(RuntimeError, match=r"seedaug\.seed_globals was used in thread"):
            pool.submit(drawn_under, KEY).result()


@pytest.fixture
def fresh_look(monkeypatch):
    monkeypatch.setattr(neighbours, "_told", set())
    monkeypatch.setattr(neighbours, "_next_look", 0.0)


def beside(work):
    """Draw under a key while a thread does its work; the warnings that come."""
    dataset = seedaug.SeededDataset([0] * 4, 0, seed_globals=True)
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name="beside")
    thread.start()
    time.sleep(0.05)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for index in range(4):
                dataset[index]
                time.sleep(0.002)
    finally:
        stop.set()
        thread.join()
    return [w for w in told if w.category is seedaug.SharedGlobalsWarning]


def test_a_thread_that_might_draw_is_warned_of(fresh_look):
    def dropout(stop):
        while not stop.is_set():
            torch.nn.functional.dropout(torch.ones(4))

    told = beside(dropout)
    assert len(told) == 1
    assert "thread 'beside' runs beside the samples" in str(told[0].message)


def test_a_thread_that_only_waits_is_not(fresh_look):
    assert beside(threading.Event.wait) == []
