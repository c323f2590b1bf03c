"""The stock DataLoader: set_epoch reaches live workers, and an epoch run twice is warned of."""

import copy
import gc
import os
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from data_fixtures import Plain, draws, exhaust, repeated_epoch_is_an_error, rows, seeded
from torch.utils.data import DataLoader, DistributedSampler, RandomSampler, Subset

import seedaug
from seedaug.integrations import timm

TWICE = r"SeededDataset\(Plain, seed=3\): epoch 0 is run a second time"


def expected(epoch, count):
    dataset = seeded(count)
    dataset.set_epoch(epoch)
    return torch.stack([dataset[i] for i in range(count)])


@pytest.mark.parametrize(
    ("method", "persistent"),
    [("fork", True), ("fork", False), ("spawn", True), ("forkserver", True)],
)
def test_set_epoch_reaches_live_workers(method, persistent):
    dataset = seeded(23)
    loader = DataLoader(
        dataset,
        batch_size=4,
        num_workers=1 if method == "forkserver" else 2,
        persistent_workers=persistent,
        multiprocessing_context=method,
        worker_init_fn=repeated_epoch_is_an_error,
    )
    for epoch in (0, 1, 5):
        dataset.set_epoch(epoch)
        assert torch.equal(rows(loader), expected(epoch, 23))


def test_set_epoch_reaches_forked_and_spawned_workers_at_once():
    dataset = seeded(23)
    loaders = [
        DataLoader(
            dataset, 4, num_workers=1, persistent_workers=True, multiprocessing_context=method
        )
        for method in ("fork", "spawn")
    ]
    for epoch in (0, 1, 5):
        for loader in loaders:
            dataset.set_epoch(epoch)
            assert torch.equal(rows(loader), expected(epoch, 23))


def test_a_dataset_takes_no_file_descriptor():
    def lowest_free():
        file = os.open(os.devnull, os.O_RDONLY)
        os.close(file)
        return file

    seeded()
    gc.collect()
    before = lowest_free()
    datasets = [seeded() for _ in range(20)]
    assert lowest_free() == before
    assert [copy.deepcopy(dataset).epoch for dataset in datasets] == [0] * 20


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_has_an_epoch_of_its_own(copied):
    dataset = seeded()
    dataset.set_epoch(3)
    other = copied(dataset)
    assert other.epoch == 3
    other.set_epoch(4)
    dataset.set_epoch(5)
    assert (dataset.epoch, other.epoch) == (5, 4)


def test_no_epoch_set_warns_once_in_the_main_process():
    loader = DataLoader(seeded(20), batch_size=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = rows(loader)
    with pytest.warns(seedaug.RepeatedEpochWarning, match=TWICE):
        assert torch.equal(rows(loader), first)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows(loader)


@pytest.mark.parametrize("persistent", [True, False])
def test_no_epoch_set_warns_in_workers(persistent):
    loader = DataLoader(
        seeded(20),
        batch_size=4,
        num_workers=2,
        persistent_workers=persistent,
        worker_init_fn=repeated_epoch_is_an_error,
    )
    rows(loader)
    with pytest.raises(seedaug.RepeatedEpochWarning, match=TWICE):
        exhaust(loader)


def test_no_warning_without_a_second_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = seeded(20)
        loader = DataLoader(dataset, batch_size=4)
        for _ in range(30):
            _ = dataset[0]  # a look at a sample is no pass
        rows(loader)
        dataset.set_epoch(0)  # once more on purpose
        rows(loader)
        dataset.set_epoch(1)
        rows(DataLoader(dataset, batch_size=4, sampler=RandomSampler(dataset, replacement=True)))


def test_subset_and_unbatched_loading_are_watched():
    loader = DataLoader(Subset(seeded(20), range(15)), batch_size=4)
    rows(loader)
    with pytest.warns(seedaug.RepeatedEpochWarning, match=TWICE):
        rows(loader)
    unbatched = DataLoader(
        seeded(20), batch_size=None, num_workers=1, worker_init_fn=repeated_epoch_is_an_error
    )
    exhaust(unbatched)
    with pytest.raises(seedaug.RepeatedEpochWarning, match=TWICE):
        exhaust(unbatched)


def test_datasets_without_length_are_not_watched():
    class Endless:
        def __getitem__(self, index):
            return index

    dataset = seedaug.SeededDataset(Endless(), 0, draws)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            dataset.__getitems__([0, 1, 2])
    assert len(seedaug.SeededDataset(Plain(0), 0)) == 0


# --- Ranks, short passes, other loaders ----------------------------------------------------------


def warned_in(monkeypatch, ranks, sampler_of, epochs=4, count=240, **options):
    """In which epoch the first of the ranks warns that never sets an epoch; None if none does."""
    found = []
    for rank in range(min(ranks, 2)):
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setenv("WORLD_SIZE", str(ranks))
        dataset = seeded(count)
        sampler = sampler_of(dataset, ranks, rank)
        for epoch in range(epochs):
            sampler.set_epoch(epoch)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                exhaust(DataLoader(dataset, sampler=sampler, **options))
            if any(one.category is seedaug.RepeatedEpochWarning for one in caught):
                found.append(epoch)
                break
    return min(found, default=None)


def shuffled(dataset, ranks, rank):
    return DistributedSampler(dataset, ranks, rank)


@pytest.mark.parametrize("ranks", [1, 2, 4, 8, 32, 64])
def test_a_forgotten_epoch_is_noticed_in_the_second_pass_of_any_number_of_ranks(monkeypatch, ranks):
    assert warned_in(monkeypatch, ranks, shuffled, batch_size=2) == 1
    assert warned_in(monkeypatch, ranks, shuffled, batch_size=None) == 1


def test_ranks_are_known_in_spawned_workers(monkeypatch):
    monkeypatch.setattr("seedaug.data.epoch.known_ranks", lambda: (0, 8))
    dataset = seeded(240)
    sampler = DistributedSampler(dataset, 8, 0)
    loader = DataLoader(
        dataset,
        2,
        sampler=sampler,
        num_workers=1,
        multiprocessing_context="spawn",
        worker_init_fn=repeated_epoch_is_an_error,
    )
    exhaust(loader)
    sampler.set_epoch(1)
    with pytest.raises(seedaug.RepeatedEpochWarning, match=TWICE):
        exhaust(loader)


@pytest.mark.parametrize("batches", [3, 5])
def test_short_passes_are_noticed(batches):
    loader = DataLoader(seeded(100), batch_size=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            next(iter(loader))  # looks at the first batch
    loader = DataLoader(seeded(100), batch_size=4)
    [*zip(range(batches), loader, strict=False)]
    with pytest.warns(seedaug.RepeatedEpochWarning, match=TWICE):
        [*zip(range(batches), loader, strict=False)]


def test_threads_that_load_are_watched():
    dataset = seeded(20)
    with ThreadPoolExecutor(1) as pool:
        [*pool.map(dataset.__getitem__, range(20))]
        with pytest.warns(seedaug.RepeatedEpochWarning, match=TWICE):
            [*pool.map(dataset.__getitem__, range(20))]


@pytest.mark.parametrize("workers", [0, 2])
def test_an_order_that_stays_is_noticed(monkeypatch, workers):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")

    def two_epochs(shuffle, tell):
        dataset = seeded(100)
        sampler = DistributedSampler(dataset, 2, 0, shuffle=shuffle)
        loader = DataLoader(
            dataset,
            8,
            sampler=sampler,
            num_workers=workers,
            worker_init_fn=repeated_epoch_is_an_error,
        )
        if tell:
            timm.follow(loader)
        for epoch in range(2):
            dataset.set_epoch(epoch)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exhaust(loader)

    two_epochs(shuffle=False, tell=False)
    two_epochs(shuffle=True, tell=True)
    with pytest.raises(seedaug.RepeatedEpochWarning, match="in the same shuffled order"):
        two_epochs(shuffle=True, tell=False)


def test_following_needs_a_seeded_dataset():
    with pytest.raises(TypeError, match="list holds no SeededDataset"):
        timm.follow(DataLoader([1, 2]))


class _RepeatSampler:
    """As timm and YOLO have it."""

    def __init__(self, sampler):
        self.sampler = sampler

    def __len__(self):
        return len(self.sampler)

    def __iter__(self):
        while True:
            yield from iter(self.sampler)


class MultiEpochs(DataLoader):
    """One iterator for all epochs, as timm's MultiEpochsDataLoader keeps it."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._DataLoader__initialized = False
        self.batch_sampler = _RepeatSampler(self.batch_sampler)
        self._DataLoader__initialized = True
        self.iterator = super().__iter__()

    def __len__(self):
        return len(self.batch_sampler.sampler)

    def __iter__(self):
        for _ in range(len(self)):
            yield next(self.iterator)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_loader_that_works_ahead_is_warned_of():
    def three_epochs(kind, workers):
        dataset = seeded(24)
        loader = kind(dataset, 4, num_workers=workers, worker_init_fn=repeated_epoch_is_an_error)
        for epoch in range(3):
            dataset.set_epoch(epoch)
            list(loader)

    three_epochs(DataLoader, 2)
    three_epochs(MultiEpochs, 0)
    with pytest.raises(seedaug.RepeatedEpochWarning, match="repeats its sampler without end"):
        three_epochs(MultiEpochs, 2)
