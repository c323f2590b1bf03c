"""Samplers of the user's: keyed without their help, repeats counted, own set_epoch called."""

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
from seedaug.data.passes import visits_once
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
    monkeypatch.setattr("seedaug.data.passes.known_ranks", lambda: (0, 2))
    with pytest.warns(UserWarning, match="RandomSampler gives every rank the same order"):
        keyed(sampler=RandomSampler(range(COUNT)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keyed(sampler=RandomSampler(range(COUNT)), num_replicas=2, rank=0)
        keyed(sampler=DistributedSampler(range(COUNT), num_replicas=2, rank=0))
        separate = seedaug.SeededDataset(Plain(), 3, worker="rank")
        seedaug.DataLoader(separate, sampler=RandomSampler(range(COUNT)))
