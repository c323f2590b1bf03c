"""KeyedSampler: a permutation per (seed, epoch), shared out over ranks, for any DataLoader."""

import pickle

import pytest
import torch
from data_fixtures import COUNT, Plain, rows, seeded

import seedaug
from seedaug import _core
from seedaug.data import EpochBatch, SampleIndex


def order(epoch, count=COUNT, **options):
    sampler = seedaug.KeyedSampler(count, 3, **options)
    sampler.set_epoch(epoch)
    return [*sampler]


def test_known_orders():
    """The examples of docs/stream-format.md."""
    sampler = seedaug.KeyedSampler(8, 0)
    assert sampler.order(0)[0].tolist() == [2, 5, 4, 6, 0, 7, 3, 1]
    assert sampler.order(1)[0].tolist() == [3, 4, 0, 7, 6, 2, 5, 1]


def test_the_order_is_the_native_permutation():
    assert order(2) == _core.permutation(3, 2, 0, COUNT).tolist()
    assert sorted(order(2)) == [*range(COUNT)]
    assert order(2) != order(3)
    assert order(2, shuffle=False) == [*range(COUNT)]
    top = seedaug.KeyedSampler(COUNT, -1)
    assert [*top] == [*seedaug.KeyedSampler(COUNT, 2**64 - 1)]


@pytest.mark.parametrize("world", [1, 2, 3, 8, 200])
@pytest.mark.parametrize("drop_last", [False, True])
def test_ranks_deal_out_one_order(world, drop_last):
    whole = order(1)
    parts = [order(1, num_replicas=world, rank=r, drop_last=drop_last) for r in range(world)]
    assert len({len(part) for part in parts}) == 1
    dealt = [index for step in zip(*parts, strict=True) for index in step]
    whole_ranks = COUNT // world * world
    assert dealt[:whole_ranks] == whole[:whole_ranks]
    if not drop_last:
        assert dealt[:COUNT] == whole
        assert [index.repeat for index in dealt] == [i // COUNT for i in range(len(dealt))]
        assert len({(int(index), index.repeat) for index in dealt}) == len(dealt)


def test_the_stock_loader_with_a_keyed_sampler():
    dataset = seeded()
    sampler = seedaug.KeyedSampler(dataset, 3)
    stock = torch.utils.data.DataLoader(dataset, 7, sampler=sampler, num_workers=2)
    ours = seedaug.DataLoader(seeded(), 7, shuffle=True)
    for epoch in range(2):
        sampler.set_epoch(epoch)
        assert torch.equal(rows(stock), rows(ours))
    with pytest.warns(seedaug.RepeatedEpochWarning, match=r"KeyedSampler\(101, seed=3, .* epoch 1"):
        rows(stock)


def test_our_loader_with_a_sampler_of_another_seed():
    loader = seedaug.DataLoader(seeded(), 7, sampler=seedaug.KeyedSampler(COUNT, 8))
    sampler = seedaug.KeyedSampler(COUNT, 8)
    sampler.set_epoch(1)
    rows(loader)
    assert rows(loader)[:, 0].tolist() == [*sampler]


def test_indices_travel():
    index = pickle.loads(pickle.dumps(SampleIndex(5, 2, 1)))
    assert (index, index.epoch, index.repeat) == (5, 2, 1)
    assert repr(index) == "SampleIndex(5, epoch=2, repeat=1)"
    batch = pickle.loads(pickle.dumps(EpochBatch([1, 1], 3, [0, 1])))
    assert (batch, batch.epoch, batch.repeats) == ([1, 1], 3, [0, 1])


def test_errors():
    for rank, world in ((2, 2), (-1, 2), (0, 0)):
        with pytest.raises(
            ValueError, match=f"rank must be .* got rank={rank}, num_replicas={world}"
        ):
            seedaug.KeyedSampler(5, 0, num_replicas=world, rank=rank)
    for given in ({"rank": 1}, {"num_replicas": 2}):
        with pytest.raises(ValueError, match="give num_replicas= and rank= together, got"):
            seedaug.KeyedSampler(5, 0, **given)
    with pytest.raises(ValueError, match="epoch must be from 0"):
        seedaug.KeyedSampler(5, 0).set_epoch(-1)
    with pytest.raises(TypeError, match="seed must be an integer"):
        seedaug.KeyedSampler(Plain(), "0")
