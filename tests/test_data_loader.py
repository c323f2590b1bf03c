"""seedaug.DataLoader with real workers: the same bytes however the samples are loaded."""

import gc
import multiprocessing
from unittest.mock import MagicMock

import pytest
import torch
from data_fixtures import (
    COUNT,
    Counting,
    Failing,
    Lying,
    Plain,
    Stream,
    draws,
    exhaust,
    rows,
    seeded,
)
from torch.utils.data import BatchSampler, ConcatDataset, SequentialSampler, Subset

import seedaug

# torch advises against more workers than there are cores
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


def expected(*epochs, seed=3):
    """Each epoch's rows, in the sampler's order, without any loader."""
    dataset = seeded(seed=seed)
    sampler = seedaug.KeyedSampler(dataset, seed)
    passes = []
    for epoch in epochs:
        dataset.set_epoch(epoch)
        sampler.set_epoch(epoch)
        passes.append(torch.stack([dataset[int(index)] for index in sampler]))
    return torch.cat(passes)


# (workers, batch size, start method, further options)
WAYS = [
    (0, 1, None, {}),
    (0, 64, None, {}),
    (1, 7, "fork", {"prefetch_factor": 1}),
    (2, 64, "fork", {"prefetch_factor": 8, "persistent_workers": True}),
    (2, 7, "fork", {}),
    (4, 1, "fork", {"persistent_workers": True}),
    (4, 7, "fork", {"prefetch_factor": 8}),
    (2, 7, "spawn", {"persistent_workers": True}),
    (1, 64, "spawn", {}),
    (2, 7, "forkserver", {"persistent_workers": True, "prefetch_factor": 8}),
]


@pytest.mark.parametrize(("workers", "batch_size", "method", "options"), WAYS)
def test_the_same_bytes_however_loaded(workers, batch_size, method, options):
    loader = seedaug.DataLoader(
        seeded(),
        batch_size,
        shuffle=True,
        num_workers=workers,
        multiprocessing_context=method,
        **options,
    )
    assert torch.equal(torch.cat([rows(loader), rows(loader)]), expected(0, 1))


def test_epochs_differ_in_order_and_draws():
    passes = [expected(epoch) for epoch in range(3)]
    assert not torch.equal(passes[0][:, 0], passes[1][:, 0])
    by_index = [rows_[rows_[:, 0].argsort()] for rows_ in passes]
    assert torch.equal(by_index[0][:, 0], by_index[1][:, 0])
    assert not (by_index[0][:, 1:] == by_index[1][:, 1:]).any()
    draws_ = torch.cat(passes)[:, 1:].unique()
    assert len(draws_) > 0.999 * 3 * 3 * COUNT


def test_an_abandoned_pass_leaves_the_next_as_it_is():
    loader = seedaug.DataLoader(
        seeded(), 7, shuffle=True, num_workers=2, persistent_workers=True, prefetch_factor=8
    )
    for _ in zip(range(2), loader, strict=False):
        pass
    assert torch.equal(rows(loader), expected(1))


def test_an_abandoned_pass_takes_its_workers_along():
    loader = seedaug.DataLoader(seeded(), 7, num_workers=2)
    for _ in loader:
        assert len(multiprocessing.active_children()) >= 2
        break
    gc.collect()
    assert not [child for child in multiprocessing.active_children() if child.is_alive()]


def test_two_passes_at_once():
    loader = seedaug.DataLoader(seeded(), 7, shuffle=True)
    first, second = zip(*zip(loader, loader, strict=True), strict=True)
    assert torch.equal(torch.cat([*first, *second]), expected(0, 1))


def test_unshuffled_and_unbatched():
    loader = seedaug.DataLoader(seeded(), batch_size=None, num_workers=1)
    assert torch.stack([*loader])[:, 0].tolist() == [*range(COUNT)]
    assert len(loader) == COUNT
    shuffled = seedaug.DataLoader(seeded(), batch_size=None, shuffle=True)
    assert torch.equal(torch.stack([*shuffled]), expected(0))


def test_drop_last_and_lengths():
    for drop_last in (False, True):
        loader = seedaug.DataLoader(seeded(), 7, shuffle=True, drop_last=drop_last)
        batches = [*loader]
        assert len(loader) == len(batches) == COUNT // 7 + (not drop_last)
        assert torch.equal(torch.cat(batches), expected(0)[: len(torch.cat(batches))])
    assert rows(seedaug.DataLoader(seeded(6), 3)).shape == (6, 4)
    assert [*seedaug.DataLoader(seeded(0), 3, shuffle=True)] == []


@pytest.mark.parametrize("how", ["loader", "dataset", "sampler"])
def test_set_epoch_by_any_of_three(how):
    dataset = seeded()
    loader = seedaug.DataLoader(dataset, 7, shuffle=True)
    rows(loader)
    {"loader": loader, "dataset": dataset, "sampler": loader.sampler}[how].set_epoch(5)
    assert torch.equal(torch.cat([rows(loader), rows(loader)]), expected(5, 6))
    assert loader.epoch == dataset.epoch == 6
    with pytest.raises(ValueError, match="epoch must be from 0"):
        loader.set_epoch(2**24)
    loader.set_epoch(2**24 - 1)
    rows(loader)
    with pytest.raises(ValueError, match=r"epoch must be from 0 to 2\*\*24 - 1, got 16777216"):
        rows(loader)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_epoch_reaches_datasets_inside_others(workers):
    parts = [seeded(seed=3), seeded(seed=4)]
    subset = seedaug.DataLoader(Subset(parts[0], range(50, 60)), 4, num_workers=workers)
    both = seedaug.DataLoader(ConcatDataset(parts), 7, num_workers=workers, seed=3)
    subset.set_epoch(1)
    both.set_epoch(1)
    sets = [expected(1, seed=seed) for seed in (3, 4)]
    sets = [part[part[:, 0].argsort()] for part in sets]
    assert torch.equal(rows(subset), sets[0][50:60])
    assert torch.equal(rows(both), torch.cat(sets))
    assert both.dataset.cumulative_sizes == [COUNT, 2 * COUNT]


class HoldingItself(Plain):
    @property
    def dataset(self):
        return self


def test_datasets_that_hold_others_without_end():
    mock = MagicMock()
    mock.__len__.return_value = 4
    mock.__getitem__.side_effect = lambda index: index
    circle = HoldingItself(4)
    circle.datasets = [circle, circle]
    for dataset in (HoldingItself(4), circle, mock):
        assert torch.cat([*seedaug.DataLoader(dataset, seed=1)]).tolist() == [0, 1, 2, 3]


def test_the_loaders_seed_is_that_of_the_first_dataset_inside():
    parts = [Subset(seeded(seed=4), range(3)), seeded(seed=3)]
    assert seedaug.DataLoader(ConcatDataset(parts)).seed == 4


@pytest.mark.parametrize("workers", [0, 1])
def test_the_default_device_is_left_alone(workers):
    with torch.device("meta"):
        dataset = seedaug.SeededDataset(Plain(4), 3, return_key=True)
        sampler = seedaug.KeyedSampler(4, 3)
        loader = seedaug.DataLoader(dataset, batch_size=None, num_workers=workers)
        keys = [key for _, key in map(dataset.__getitem__, sampler)]
        assert {key.device.type for key in keys} == {"cpu"}
    assert [seedaug.Key.unpack(key).index for _, key in loader] == [0, 1, 2, 3]


def test_a_plain_dataset_with_a_seed():
    loader = seedaug.DataLoader(Plain(), 7, shuffle=True, seed=3)
    assert torch.cat([*loader]).tolist() == expected(0)[:, 0].tolist()
    assert isinstance(loader.dataset, seedaug.SeededDataset)


def test_a_batch_sampler():
    batches = BatchSampler(SequentialSampler(range(COUNT)), 10, drop_last=True)
    got = rows(seedaug.DataLoader(seeded(), batch_sampler=batches, num_workers=1))
    reference = expected(0)
    assert torch.equal(got, reference[reference[:, 0].argsort()][:100])


def test_prefetching_loads_each_sample_once():
    dataset = Counting()
    loader = seedaug.DataLoader(
        dataset, 7, shuffle=True, num_workers=2, prefetch_factor=8, seed=0, persistent_workers=True
    )
    for epochs in (1, 2, 3):
        torch.cat([*loader])
        assert (dataset.loads == epochs).all()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_workers_exception_arrives_with_its_message(workers):
    loader = seedaug.DataLoader(Failing(), 4, num_workers=workers, seed=0)
    with pytest.raises(OSError, match=r"photo_13.jpg is truncated"):
        exhaust(loader)
    lying = seedaug.DataLoader(Lying(), 4, num_workers=workers, seed=0)
    with pytest.raises(
        IndexError, match=f"sample {COUNT} raised IndexError .* len.. is {COUNT + 10}"
    ):
        exhaust(lying)


@pytest.mark.filterwarnings("ignore:Got pickle error")
def test_an_unpicklable_dataset_says_what_to_do():
    dataset = seedaug.SeededDataset(Plain(), 0, transform=lambda x: x)
    loader = seedaug.DataLoader(dataset, num_workers=1, multiprocessing_context="spawn")
    with pytest.raises(TypeError, match=r"SeededDataset\(Plain, seed=0\) .* top level of a module"):
        next(iter(loader))


def test_errors():
    with pytest.raises(ValueError, match=r"Plain has no seed; wrap it in seedaug.SeededDataset"):
        seedaug.DataLoader(Plain())
    with pytest.raises(ValueError, match=r"seed=1, but SeededDataset\(Plain, seed=3\) has seed 3"):
        seedaug.DataLoader(seeded(), seed=1)
    with pytest.raises(ValueError, match="deal out the loader's own order or a sampler's"):
        seedaug.DataLoader(seeded(), batch_sampler=[[5]], num_replicas=2, rank=0)
    with pytest.raises(ValueError, match="deal out the loader's own order or a sampler's"):
        seedaug.DataLoader(Stream(), seed=0, num_replicas=2, rank=0)
    with pytest.raises(TypeError, match="a sampler must give integers, got 'a'"):
        [*seedaug.DataLoader(seeded(), sampler=["a"])]
    with pytest.raises(ValueError, match="mutually exclusive"):
        seedaug.DataLoader(seeded(), sampler=range(5), shuffle=True)
    with pytest.raises(TypeError, match="no_such_option"):
        seedaug.DataLoader(seeded(), no_such_option=1)


def test_collate_and_keys_reach_the_user():
    dataset = seedaug.SeededDataset(Plain(), 3, transform=draws, return_key=True)
    loader = seedaug.DataLoader(dataset, 10, shuffle=True, num_workers=1)
    loader.set_epoch(4)
    for rows_, keys in loader:
        assert torch.equal(keys, seedaug.keys(seed=3, epoch=4, index=rows_[:, 0]))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pipeline_in_the_dataset_or_on_the_batch(workers):
    """The promise that lets a pipeline move: the same bytes from both sides of the loader."""
    images = torch.arange(20 * 3 * 12 * 12).view(20, 3, 12, 12).to(torch.uint8)
    augment = seedaug.Compose(
        [seedaug.RandomCrop(8), seedaug.RandomHorizontalFlip(), seedaug.GaussianNoise(sigma=0.1)]
    )
    inside = seedaug.SeededDataset([*images], 3, transform=augment)
    outside = seedaug.SeededDataset([*images], 3, return_key=True)
    for epoch in range(2):
        options = {"batch_size": 6, "shuffle": True, "num_workers": workers}
        loaders = [seedaug.DataLoader(dataset, **options) for dataset in (inside, outside)]
        for loader in loaders:
            loader.set_epoch(epoch)
        for made, (raw, keys) in zip(*loaders, strict=True):
            assert torch.equal(made, augment(raw, keys=keys))
