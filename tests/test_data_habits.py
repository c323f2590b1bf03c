"""What training scripts do with a loader that its own passes would not show."""

import random
import warnings

import numpy as np
import pytest
import torch
from data_fixtures import rows, seeded
from torch.utils.data import RandomSampler, Sampler, Subset, TensorDataset

import seedaug
from seedaug.integrations import timm

COUNT = 22


class Lazy(Sampler):
    """Draws whenever it is asked, from one of the three global generators."""

    def __init__(self, whose="torch", count=COUNT):
        self.whose, self.count = whose, count

    def __len__(self):
        return self.count

    def __iter__(self):
        for _ in range(self.count):
            yield {
                "torch": lambda: int(torch.randint(COUNT, ())),
                "numpy": lambda: int(np.random.randint(COUNT)),
                "python": lambda: random.randrange(COUNT),
                "normal": lambda: int(abs(np.random.normal() * 3)),  # NumPy keeps every second
            }[self.whose]()


class Laps(Sampler):
    """Without end, lap after lap."""

    def __iter__(self):
        while True:
            yield from torch.randperm(COUNT).tolist()


class Held(Lazy):
    """Draws from a generator of its own, which goes on from pass to pass."""

    def __init__(self):
        super().__init__()
        self.generator = np.random.default_rng(0)

    def __iter__(self):
        yield from self.generator.permutation(COUNT).tolist()


def numbers():
    """Samples that tell their index, epoch and visit."""
    rows = TensorDataset(torch.arange(COUNT))
    return seedaug.SeededDataset(rows, 7, return_key=True, transforms=lambda row: row[0])


def told(batch):
    keys = [seedaug.Key.unpack(key) for key in batch[1]]
    return [(key.index, key.epoch, key.worker) for key in keys]


def some(loader, count=8):
    """The first batches, with somebody else drawing in between."""
    found = []
    for number, batch in enumerate(loader):
        found.append(told(batch))
        torch.rand(3), np.random.rand(5), random.random()
        if number + 1 == count:
            break
    return found


@pytest.mark.parametrize("as_batches", [False, True])
@pytest.mark.parametrize("whose", ["torch", "numpy", "python", "normal", "laps"])
def test_a_sampler_that_draws_when_it_is_asked_is_keyed(whose, as_batches):
    def make(workers):
        sampler = Laps() if whose == "laps" else Lazy(whose)
        if as_batches:
            given = {"batch_sampler": torch.utils.data.BatchSampler(sampler, 4, False)}
        else:
            given = {"sampler": sampler, "batch_size": 4}
        return seedaug.DataLoader(numbers(), num_workers=workers, **given)

    expected = some(make(0), 5)
    assert some(make(2), 5) == expected
    loader = make(0)
    some(loader, 2)
    resumed = make(2)
    resumed.load_state_dict(loader.state_dict())
    assert some(resumed, 3) == expected[2:]
    before = random.getstate(), np.random.get_state()[1].tolist()  # torch's iterator draws a seed
    next(iter(make(0)))
    assert before == (random.getstate(), np.random.get_state()[1].tolist())


@pytest.mark.parametrize("sampler", ["held", "generator"])
def test_a_sampler_that_gives_another_order_is_refused_on_resume(sampler):
    def make():
        own = Held() if sampler == "held" else None
        given = own or RandomSampler(range(COUNT), generator=torch.Generator().manual_seed(3))
        return seedaug.DataLoader(numbers(), batch_size=4, sampler=given)

    loader = make()
    some(loader, 2)
    resumed = make()  # in its first pass, as the other was: the same order again
    resumed.load_state_dict(loader.state_dict())
    assert len(list(resumed)) == 4
    list(loader)
    some(loader, 2)
    resumed = make()
    resumed.load_state_dict(loader.state_dict())
    with pytest.raises(ValueError, match=r"gives other indices for the first 2 batches of epoch"):
        list(resumed)
    assert resumed.state_dict()["digest"] == loader.state_dict()["digest"], "the refused one"


def test_states_of_an_end_and_of_the_start_have_a_digest_that_fits():
    loader = seedaug.DataLoader(numbers(), batch_size=4, sampler=Lazy())
    assert "digest" not in loader.state_dict()
    list(loader)
    state = loader.state_dict()
    loader = seedaug.DataLoader(numbers(), batch_size=4, sampler=Lazy())
    loader.load_state_dict(state)
    assert loader.state_dict()["digest"] == state["digest"]
    assert list(loader) == []
    rank, digest = state["digest"]
    loader.load_state_dict(state | {"digest": [rank + 1, digest ^ 1]})  # of another rank
    assert list(loader) == []
    loader.load_state_dict(state | {"digest": [rank, digest ^ 1]})
    with pytest.raises(ValueError, match="other indices"):
        list(loader)
    with pytest.raises(TypeError, match="digest must be two integers"):
        loader.load_state_dict(state | {"digest": "7"})


def test_a_sampler_of_another_seed_is_another_order():
    data = numbers()
    loader = seedaug.DataLoader(data, 4, sampler=seedaug.KeyedSampler(data, 99))
    some(loader, 2)
    with pytest.raises(ValueError, match=r"shuffled by seed 99"):
        seedaug.DataLoader(data, 4, shuffle=True).load_state_dict(loader.state_dict())


def test_a_batch_size_that_was_changed_counts():
    loader = seedaug.DataLoader(numbers(), 4, shuffle=True)
    loader.batch_sampler.batch_size = 8
    some(loader, 2)
    assert loader.state_dict()["samples"] == 16


def test_a_dataset_that_grew_in_mid_pass_is_another_order():
    held = list(range(10))
    dataset = seedaug.SeededDataset(held, 0)
    loader = seedaug.DataLoader(dataset, 4, shuffle=True)
    for _ in loader:
        held += [0] * 3
        break
    with pytest.raises(ValueError, match="10 samples, shuffled"):
        seedaug.DataLoader(dataset, 4, shuffle=True).load_state_dict(loader.state_dict())


def test_a_look_after_loading_a_state_is_warned_of():
    loader = seedaug.DataLoader(numbers(), 4, shuffle=True)
    some(loader, 2)
    resumed = seedaug.DataLoader(numbers(), 4, shuffle=True)
    resumed.load_state_dict(loader.state_dict())
    next(iter(resumed))
    with pytest.warns(UserWarning, match="the rest of that epoch is left out"):
        list(resumed)
    resumed.load_state_dict(loader.state_dict())
    next(iter(resumed))
    resumed.load_state_dict(loader.state_dict())
    assert len(list(resumed)) == 4


class Bad(torch.utils.data.Dataset):
    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        if index == 13:
            raise ValueError("a bad sample")
        return torch.tensor(index)


@pytest.mark.parametrize("options", [{}, {"num_workers": 2, "persistent_workers": True}])
def test_a_batch_that_failed_counts_where_the_loop_goes_on(options):
    def make():
        return seedaug.DataLoader(Bad(), 4, shuffle=True, seed=7, **options)

    loader = make()
    passes, found, states = iter(loader), [], []
    while True:
        try:
            found.append(next(passes).tolist())
        except ValueError:
            states.append(loader.state_dict()["batch"])
            continue
        except StopIteration:
            break
        states.append(loader.state_dict()["batch"])
    assert len(found) == 5
    place = next(n for n, batch in enumerate(states) if batch == n)  # where it failed
    assert states == [*range(1, place + 1), place, *range(place + 2, 7)]
    state = loader.state_dict()
    resumed = make()
    resumed.load_state_dict(state)
    assert list(resumed) == []


@pytest.mark.parametrize("workers", [0, 2])
def test_a_transform_that_is_set_later_reaches_persistent_workers(workers):
    pictures = TensorDataset(torch.zeros(8, 3, 12, 12, dtype=torch.uint8))
    dataset = seedaug.SeededDataset(pictures, 0, seedaug.RandomCrop(4))
    persistent = workers > 0
    loader = seedaug.DataLoader(dataset, 4, num_workers=workers, persistent_workers=persistent)
    for size in (4, 6, 6, 8):
        if size > 4 and dataset.transform.size != (size, size):
            loader.dataset.transform = seedaug.RandomCrop(size)
        started = loader._iterator
        assert {image.shape[-1] for (image,) in loader} == {size}
    assert not workers or loader._iterator is not started


def test_a_batch_sampler_cannot_be_replaced():
    loader = seedaug.DataLoader(numbers(), 4)
    with pytest.raises(TypeError, match="persistent_workers=True"):
        object.__setattr__(loader, "batch_sampler", [[0]])


def test_a_part_that_is_cut_out_by_hand_is_warned_of(monkeypatch):
    def load(here, *arguments, **options):
        monkeypatch.setenv("RANK", str(here))
        monkeypatch.setenv("WORLD_SIZE", "2")
        return list(seedaug.DataLoader(*arguments, **options))

    data = seeded()
    for rank in range(2):
        part = Subset(data, range(rank, len(data), 2))
        with pytest.warns(UserWarning, match=f"looks like the part of rank {rank} of 2"):
            load(rank, part, 4)
        load(rank, part, 4, num_replicas=1, rank=0)
        load(rank, Subset(data, list(range(len(data) // 2))), 4)


@pytest.mark.parametrize("workers", [0, 2])
def test_ranks_that_are_known_late_draw_apart(monkeypatch, workers):
    dataset = seedaug.SeededDataset(range(6), 0, worker="rank", return_key=True)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    for kind in (seedaug.DataLoader, torch.utils.data.DataLoader):
        dataset.set_epoch(0)
        loader = kind(dataset, 3, num_workers=workers)
        assert {seedaug.Key.unpack(key).worker for _, keys in loader for key in keys} == {1}


def test_following_a_sampler_that_repeats_is_warned_of():
    class RepeatAugSampler(Lazy):
        num_repeats = 3

    def loader(**options):
        data = seedaug.SeededDataset(range(COUNT), 0, **options)
        return torch.utils.data.DataLoader(data, sampler=RepeatAugSampler())

    with pytest.warns(UserWarning, match="gives each sample 3 times"):
        timm.follow(loader())
    timm.follow(loader(worker="rank"))


@pytest.mark.parametrize("made", [lambda index: float(index), None])
def test_a_filling_is_another_visit_in_this_process(made):
    """As accelerate fills batches up: with indices that it was given before."""
    from seedaug.data.index import EpochBatch, SampleIndex

    def draw(sample):
        return float(seedaug.rng().random())

    dataset = seedaug.SeededDataset(range(6), 0, draw, return_key=True)
    batch = EpochBatch([SampleIndex(3, 0, 0, 5), SampleIndex(4, 0, 0, 5)], 0)
    batch += batch[:1]
    loaded = dataset.__getitems__(batch)
    assert [seedaug.Key.unpack(key).worker for _, key in loaded] == [0, 0, 5]
    assert loaded[0][0] != loaded[2][0]


def fail(worker=0):
    warnings.simplefilter("error", seedaug.HeldGeneratorWarning)


@pytest.mark.parametrize("whose", ["numpy", "python", "torch"])
@pytest.mark.parametrize("workers", [0, 1])
def test_a_global_generator_without_seed_globals_is_warned_of(whose, workers):
    draw = {"numpy": np.random.rand, "python": random.random, "torch": lambda: torch.rand(())}

    def load(**options):
        def shifted(sample):
            return sample + float(draw[whose]())

        dataset = seedaug.SeededDataset(range(8), 0, shifted, **options)
        with warnings.catch_warnings():
            fail()
            rows(seedaug.DataLoader(dataset, 4, num_workers=workers, worker_init_fn=fail))

    with pytest.raises(seedaug.HeldGeneratorWarning, match="drew from the global generator of"):
        load()
    load(seed_globals=True)


def test_a_repetition_is_warned_of_once(recwarn):
    dataset = seeded()
    for epoch in range(3):
        dataset.set_epoch(epoch)
        stock = torch.utils.data.DataLoader(dataset, 4)
        list(stock), list(stock), list(stock)
    found = [each for each in recwarn if issubclass(each.category, seedaug.RepeatedEpochWarning)]
    assert len(found) == 1
    assert "or a sampler gives samples more than once" in str(found[0].message)


class Modes(torch.utils.data.Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return len(torch.overrides._get_current_function_mode_stack())


def test_workers_run_under_no_mode_of_torchs():
    """A default device that is entered as a context makes each call in a worker cost more."""
    loader = seedaug.DataLoader(Modes(), 2, num_workers=1, seed=0)
    assert [batch.tolist() for batch in loader] == [[0, 0]]


def test_digests_of_a_pass_without_end_take_no_more_memory():
    loader = seedaug.DataLoader(numbers(), batch_size=4, sampler=Laps())
    passes = iter(loader)
    for _ in range(200):
        next(passes)
    digests = loader._state.where.digests
    assert len(digests) < 80
    assert loader.state_dict()["digest"] == [*digests[200]]


@pytest.mark.parametrize("factor", [2, 5])
def test_a_look_is_what_workers_ask_for_first(factor):
    loader = seedaug.DataLoader(numbers(), 4, num_workers=2, prefetch_factor=factor)
    assert loader.batch_sampler._ahead() == 3 + 2 * factor
