"""Generators that are held: what is warned of, what is not, and whatever objects may answer."""

import copy
import random
import time
import warnings

import numpy as np
import pytest
import torch

import seedaug
from seedaug.data.held import continued, snapshot
from seedaug.data.reach import reach

MAKERS = {
    "PCG64": lambda seed: np.random.default_rng(seed),
    "PCG64DXSM": lambda seed: np.random.Generator(np.random.PCG64DXSM(seed)),
    "Philox": lambda seed: np.random.Generator(np.random.Philox(seed)),
    "bits": lambda seed: np.random.PCG64(seed),
    "RandomState": lambda seed: np.random.RandomState(seed),
    "MT19937": lambda seed: np.random.Generator(np.random.MT19937(seed)),
    "random": lambda seed: random.Random(seed),
    "torch": lambda seed: torch.Generator().manual_seed(seed),
}


def draw(generator, count):
    for _ in range(count):
        if isinstance(generator, torch.Generator):
            torch.rand(1000, generator=generator)
        elif isinstance(generator, np.random.BitGenerator):
            generator.random_raw()
        elif isinstance(generator, random.Random):
            generator.random()
        else:
            generator.random(1000)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("count", [1, 3, 1000])
def test_drawing_is_told_from_seeding(name, count):
    make = MAKERS[name]
    generator = make(1)
    draw(generator, 5)
    before = snapshot(generator)
    assert not continued(before, snapshot(generator), 1)
    draw(generator, count)
    assert continued(before, snapshot(generator), 1)
    other = make(2)
    draw(other, count)
    assert not continued(before, snapshot(other), 0.05)


class Held:
    """Adds what a generator that it holds draws; `seed` comes before each draw."""

    def __init__(self, generator, draw, seed=None):
        self.parts = [generator]
        self.draw = draw
        self.seed = seed

    def __call__(self, x):
        if self.seed is not None:
            self.seed(self.parts)
        return x + float(self.draw(self.parts[0]))


HELD = {
    "numpy": lambda: Held(np.random.default_rng(0), np.random.Generator.random),
    "RandomState": lambda: Held(np.random.RandomState(0), np.random.RandomState.rand),
    "random": lambda: Held(random.Random(0), random.Random.random),
    "torch": lambda: Held(torch.Generator(), lambda g: torch.rand((), generator=g)),
}


def reseed(parts):
    parts[0].seed(int(seedaug.rng().integers(2**32)))


def replace(parts):
    parts[0] = seedaug.rng()


def set_state(parts):
    parts[0].bit_generator.state = np.random.PCG64(int(seedaug.rng().integers(2**32))).state


RESEEDED = {
    "seed()": lambda: Held(np.random.RandomState(0), np.random.RandomState.normal, reseed),
    "random": lambda: Held(random.Random(0), random.Random.random, reseed),
    "anew": lambda: Held(None, np.random.Generator.random, replace),
    "state": lambda: Held(np.random.default_rng(0), np.random.Generator.random, set_state),
    "not drawn from": lambda: Held(np.random.default_rng(0), lambda g: 0),
}


def loaded(transform, **options):
    dataset = seedaug.SeededDataset(range(80), 0, transform, **options)
    return [*seedaug.DataLoader(dataset, 4)]


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("seed_globals", [False, True])
def test_a_draw_from_one_is_warned_of_once(name, seed_globals):
    with pytest.warns(seedaug.HeldGeneratorWarning, match=r"from transform\.parts\[0\]") as told:
        loaded(HELD[name](), seed_globals=seed_globals)
    assert len([w for w in told if w.category is seedaug.HeldGeneratorWarning]) == 1


@pytest.mark.parametrize("name", RESEEDED)
def test_one_that_is_set_before_each_use_is_not(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.HeldGeneratorWarning)
        loaded(RESEEDED[name]())


def test_it_is_found_wherever_it_is():
    inside = HELD["numpy"]()

    class Data:
        def __init__(self):
            self.augment = lambda x: inside(x)

        def __len__(self):
            return 4

        def __getitem__(self, index):
            return self.augment(float(index))

    with pytest.warns(seedaug.HeldGeneratorWarning, match=r"dataset\.augment.<closure inside>"):
        seedaug.SeededDataset(Data(), 0)[0]

    class Stream(Data):
        __getitem__ = None

        def __iter__(self):
            return map(self.augment, range(4))

    with pytest.warns(seedaug.HeldGeneratorWarning, match="SeededIterableDataset"):
        [*seedaug.SeededIterableDataset(Stream(), 0)]


def test_a_seldom_draw_is_found_later():
    seldom = HELD["numpy"]()
    transform = lambda x: seldom(x) if x == 7 else x  # noqa: E731
    with pytest.warns(seedaug.HeldGeneratorWarning):
        loaded(transform)


def test_workers_look_too():
    """Theirs goes to stderr, so what they share with this process is asked."""
    dataset = seedaug.SeededDataset(range(80), 0, HELD["numpy"]())
    assert len([*seedaug.DataLoader(dataset, 4, num_workers=2)]) == 20
    assert dataset._watch._flags[0] == 1


def test_it_may_be_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.HeldGeneratorWarning)
        with pytest.raises(seedaug.HeldGeneratorWarning):
            loaded(HELD["numpy"]())


def test_a_dataset_that_is_copied_is_looked_at():
    dataset = copy.deepcopy(seedaug.SeededDataset(range(4), 0, HELD["numpy"]()))
    with pytest.warns(seedaug.HeldGeneratorWarning):
        dataset[0]


class Hostile:
    """Answers every question with an error, as pydantic's stand-ins and lazy proxies do."""

    __slots__ = ("__dict__", "unset")

    @property
    def __class__(self):
        raise RuntimeError("no class")

    def __getattr__(self, name):
        raise ZeroDivisionError(name)

    def __getattribute__(self, name):
        raise ZeroDivisionError(name)

    def __repr__(self):
        raise ZeroDivisionError

    def __eq__(self, other):
        raise ZeroDivisionError

    __hash__ = object.__hash__


class Endless:
    def __getattr__(self, name):
        return Endless()


class Lazy(list):
    def __iter__(self):
        raise ZeroDivisionError


def test_whatever_an_object_answers():
    rng = np.random.default_rng(0)
    hostile = Hostile()
    object.__setattr__(hostile, "rng", rng)
    assert reach({"a": hostile}) == {"a.rng": rng}
    assert reach({"a": [Endless(), {hostile: 1}, Lazy([rng])]}) == {"a[2][0]": rng}


def test_a_large_graph_costs_little():
    large = [[{"a": [object()] * 64} for _ in range(64)] for _ in range(10000)]
    names = {str(number): number for number in range(10**6)}
    started = time.perf_counter()
    reach({"dataset": [large, names]}, 0.05)
    assert time.perf_counter() - started < 0.5


def test_workers_look_once():
    """Later epochs' workers need not."""
    dataset = seedaug.SeededDataset(range(160), 0, float)
    loader = seedaug.DataLoader(dataset, 4, num_workers=1)
    assert len([*loader]) == 40
    assert dataset._watch._flags[:] == b"\0\1"
    dataset._watch.around(float, dataset)
    assert dataset._watch.over
