"""Samplers of the user's: keyed without their help, repeats counted, own set_epoch called."""

import pickle
import warnings

import pytest
import torch
from data_fixtures import COUNT, Plain, rows, seeded
from torch.utils.data import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

import seedaug
from seedaug.context import current
from seedaug.data.dealing import visits_once
from seedaug.data.index import EpochBatch, SampleIndex, as_epoch_batch
from seedaug.data.sampler import DealtSampler

WEIGHTS = [1.0] * 5 + [0.0] * (COUNT - 5)


def keyed(**options):
    dataset = seedaug.SeededDataset(Plain(), 3, transform=lambda _: current().key.tensor())
    return seedaug.DataLoader(dataset, **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_visits_of_an_index_differ(workers):
    loader = keyed(sampler=WeightedRandomSampler(WEIGHTS, 60), batch_size=7, num_workers=workers)
    for epoch in range(2):
        visits = [seedaug.Key.unpack(key) for key in rows(loader).view(-1, 3)]
        assert {key.epoch for key in visits} == {epoch}
        assert len(set(visits)) == 60
        for index in range(5):
            found = [key.worker for key in visits if key.index == index]
            assert found == [*range(len(found))]


def test_draws_of_an_index_differ():
    loader = seedaug.DataLoader(seeded(), sampler=[4, 4, 4], batch_size=3)
    (batch,) = loader
    assert len(batch[:, 1:].unique()) == 9


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"sampler": RandomSampler(range(COUNT))},
        lambda: {"sampler": RandomSampler(range(COUNT), replacement=True)},
        lambda: {"sampler": SubsetRandomSampler(range(50))},
        lambda: {"sampler": WeightedRandomSampler(WEIGHTS, 20)},
        lambda: {"batch_sampler": BatchSampler(RandomSampler(range(COUNT)), 9, drop_last=False)},
    ],
)
def test_torchs_samplers_follow_seed_and_epoch(make):
    runs = []
    for start in (1, 2):
        torch.manual_seed(start)
        loader = seedaug.DataLoader(seeded(), **make(), num_workers=start - 1)
        runs.append([rows(loader), rows(loader)])
    assert torch.equal(runs[0][0], runs[1][0])
    assert torch.equal(runs[0][1], runs[1][1])
    assert not torch.equal(runs[0][0], runs[0][1])


def test_the_samplers_own_set_epoch_is_called():
    sampler = DistributedSampler(range(COUNT), num_replicas=2, rank=0)
    loader = seedaug.DataLoader(seeded(), sampler=sampler)
    rows(loader)
    assert sampler.epoch == 0
    rows(loader)
    assert sampler.epoch == 1


def test_only_samplers_that_may_repeat_are_counted():
    assert visits_once(SequentialSampler(range(3)))
    assert visits_once(RandomSampler(range(3)))
    assert visits_once(BatchSampler(RandomSampler(range(3)), 2, False))
    assert visits_once(WeightedRandomSampler([1.0, 1.0], 2, replacement=False))
    for sampler in (
        RandomSampler(range(3), replacement=True),
        RandomSampler(range(3), num_samples=4),
        WeightedRandomSampler([1.0, 1.0], 2),
        [0, 1],
    ):
        assert not visits_once(sampler)


@pytest.mark.parametrize("workers", [0, 1])
def test_repeats_are_replayed_on_resume(workers):
    def loader():
        return keyed(sampler=WeightedRandomSampler(WEIGHTS, 60), batch_size=7, num_workers=workers)

    whole, resumed = loader(), loader()
    whole.set_epoch(4)
    resumed.load_state_dict({"seed": 3, "epoch": 4, "batch": 3, "stream_version": 1})
    assert torch.equal(rows(whole)[21:], rows(resumed))


def test_torchs_samplers_are_dealt_out(monkeypatch):
    def visits():
        loader = keyed(sampler=WeightedRandomSampler(WEIGHTS, 61))
        return rows(loader).view(-1, 3).tolist()

    whole, ranks = visits(), []
    for rank in range(3):
        monkeypatch.setenv("WORLD_SIZE", "3")
        monkeypatch.setenv("RANK", str(rank))
        ranks.append(visits())
    dealt = [key for group in zip(*ranks, strict=True) for key in group]
    assert dealt[:61] == whole
    assert len({tuple(key) for key in dealt}) == len(dealt) == 63


def test_visits_that_ranks_count_apart_are_warned_of(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")

    class Own(list):
        num_replicas = 2

    with pytest.warns(UserWarning, match="visits on several ranks are not counted together"):
        next(iter(keyed(sampler=Own([3, 4, 3]), batch_size=3)))


@pytest.mark.parametrize("drop_last", [False, True])
def test_a_sampler_is_dealt_out_over_ranks(drop_last):
    def visits(**options):
        loader = keyed(sampler=WeightedRandomSampler(WEIGHTS, 61), drop_last=drop_last, **options)
        return rows(loader).view(-1, 3).tolist()

    whole = visits()
    ranks = [visits(num_replicas=3, rank=rank) for rank in range(3)]
    dealt = [key for group in zip(*ranks, strict=True) for key in group]
    assert dealt[:60] == whole[:60]
    assert len(dealt) == (60 if drop_last else 63)
    assert len({tuple(key) for key in dealt}) == len(dealt), "no visit has another's key"


def test_dealing_out_less_than_one_round():
    for rank in range(4):
        (only,) = DealtSampler([7], 4, rank)
        assert (only, only.repeat) == (7, rank)
    assert [*DealtSampler([7], 4, 0, drop_last=True)] == []
    assert [*DealtSampler([], 4, 0)] == []
    with pytest.raises(ValueError, match="rank must be from 0 to num_replicas - 1"):
        DealtSampler([7], 4, 4)


def test_equal_ranks_are_warned_of(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")

    class Own(BatchSampler):
        pass

    unaware = RandomSampler(range(COUNT))
    for options in (
        {"sampler": RandomSampler(range(COUNT), generator=torch.Generator())},
        {"batch_sampler": BatchSampler(unaware, 5, False)},
        {"batch_sampler": Own(unaware, 5, False)},
        {"batch_sampler": [[1, 2], [3]]},
    ):
        with pytest.warns(UserWarning, match="gives every rank the same order"):
            next(iter(keyed(**options)))
    dealing = DistributedSampler(range(COUNT), num_replicas=2, rank=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(iter(keyed(sampler=unaware)))  # is dealt out
        next(iter(keyed(sampler=unaware, num_replicas=2, rank=0)))
        next(iter(keyed(sampler=dealing)))
        next(iter(keyed(batch_sampler=Own(dealing, 5, False))))
        separate = seedaug.SeededDataset(Plain(), 3, worker="rank")
        next(iter(seedaug.DataLoader(separate, sampler=unaware)))


# --- Frameworks that wrap the order --------------------------------------------------------------


class Resetting:
    """Batches of an object that is its own iterator and begins anew when asked for one."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        self.rest = iter(self.batches)
        return self

    def __next__(self):
        return next(self.rest)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_iterator_is_asked_for_once(workers):
    batches = [[3, 1], [4, 0], [2]]
    loader = seedaug.DataLoader(
        seedaug.SeededDataset(range(5), 0), batch_sampler=Resetting(batches), num_workers=workers
    )
    assert [batch.tolist() for batch in loader] == batches


def key_of(sample):
    return current().key.tensor()


def stock_keys(batch_sampler, dataset):
    loader = torch.utils.data.DataLoader(dataset, batch_sampler=batch_sampler)
    return [seedaug.Key.unpack(key) for batch in loader for key in batch]


@pytest.mark.parametrize("setter", ["loader", "sampler", "batch_sampler", "dataset"])
def test_a_wrapped_order_carries_epoch_and_visits(setter):
    dataset = seedaug.SeededDataset(range(10), 3, transform=key_of)
    loader = seedaug.DataLoader(dataset, 4, shuffle=True)
    (loader if setter == "loader" else getattr(loader, setter)).set_epoch(6)
    wrapped = stock_keys(loader.batch_sampler, dataset)
    loader.set_epoch(6)
    assert wrapped == [seedaug.Key.unpack(key) for batch in loader for key in batch]
    sampler = WeightedRandomSampler([1.0] * 3, 40)
    loader = seedaug.DataLoader(dataset, 4, sampler=sampler)
    assert len(set(stock_keys(loader.batch_sampler, dataset))) == 40


def test_a_wrapped_order_that_is_run_twice_is_warned_of():
    dataset = seedaug.SeededDataset(range(10), 3)
    loader = seedaug.DataLoader(dataset, 4, shuffle=True)
    first = [*loader.batch_sampler]
    loader.set_epoch(0)
    assert [*loader.batch_sampler] == first
    with pytest.warns(seedaug.RepeatedEpochWarning, match="epoch 0 is run a second time"):
        list(loader.batch_sampler)


def test_a_batch_that_is_cut_and_filled_up_keeps_its_visits():
    def index(number, repeat=0):
        return SampleIndex(number, 2, repeat, again=1)

    batch = EpochBatch([index(5), index(6), index(7)], 2)
    part = batch[1:]
    assert (type(part), [*part], part.epoch, part.repeats) == (EpochBatch, [6, 7], 2, None)
    filled = part + [index(5), index(6), index(5)]  # noqa: RUF005
    assert ([*filled], filled.repeats) == ([6, 7, 5, 6, 5], [0, 0, 1, 1, 2])
    assert part.repeats is None
    part += [index(1)]
    assert ([*part], part.repeats) == ([6, 7, 1], [0, 0, 1])
    plain = as_epoch_batch([index(5), index(6)])
    assert (plain.epoch, plain.repeats) == (2, [1, 1]), "a list of somebody else's is a filling"
    own = as_epoch_batch([SampleIndex(5, 2), SampleIndex(5, 2, 1)])
    assert (own.epoch, own.repeats) == (2, [0, 1])
    assert as_epoch_batch([5, 6]) is None
    assert as_epoch_batch([SampleIndex(5, 2), SampleIndex(6, 3)]) is None
    assert as_epoch_batch([]) is None
    again = pickle.loads(pickle.dumps(filled))
    assert ([*again], again.epoch, again.repeats) == ([*filled], 2, filled.repeats)
    assert pickle.loads(pickle.dumps(index(3))).again == 1


def test_samplers_can_be_made_anew_as_lightning_does():
    """It calls the batch sampler's class with a sampler, and the loader's with that."""
    dataset = seedaug.SeededDataset(range(10), 3, transform=key_of)
    loader = seedaug.DataLoader(dataset, 4, shuffle=True)
    own = loader.batch_sampler
    batches = type(own)(loader.sampler, batch_size=own.batch_size, drop_last=own.drop_last)
    anew = seedaug.DataLoader(dataset, batch_sampler=batches, seed=3)
    for _ in range(2):
        expected = [batch.tolist() for batch in loader]
        assert [batch.tolist() for batch in anew] == expected


def test_ranks_are_looked_up_when_a_pass_begins(monkeypatch):
    loader = seedaug.DataLoader(seedaug.SeededDataset(range(10), 3), 2, shuffle=True)
    whole = torch.cat([*loader])
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    loader.set_epoch(0)
    assert torch.equal(torch.cat([*loader]), whole[1::2])
    assert len(loader) == 3
    assert isinstance(loader.sampler, DistributedSampler)
    assert (loader.sampler.num_samples, loader.sampler.total_size) == (5, 10)


def test_nothing_is_filled_up_for_prediction(monkeypatch):
    class _IndexBatchSamplerWrapper:  # as Lightning's is called, and as it looks
        def __init__(self, batch_sampler):
            self.__dict__ = dict(batch_sampler.__dict__)
            self._batch_sampler = batch_sampler

        def __iter__(self):
            self._iterator = iter(self._batch_sampler)
            return self

        def __next__(self):
            return next(self._iterator)

        def __len__(self):
            return len(self._batch_sampler)

    monkeypatch.setenv("WORLD_SIZE", "2")
    dataset = seedaug.SeededDataset(range(7), 3)
    predicted = []
    for rank in range(2):
        monkeypatch.setenv("RANK", str(rank))
        loader = seedaug.DataLoader(dataset, 2)
        wrapped = _IndexBatchSamplerWrapper(type(loader.batch_sampler)(loader.sampler, 2, False))
        anew = seedaug.DataLoader(dataset, batch_sampler=wrapped)
        predicted.append(torch.cat([*anew]).tolist())
        assert len(torch.cat([*loader])) == 4
    assert predicted == [[0, 2, 4, 6], [1, 3, 5]]
