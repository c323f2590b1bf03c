"""The stock DataLoader: set_epoch reaches live workers, and an epoch run twice is warned of."""

import copy
import gc
import os
import pickle
import warnings

import pytest
import torch
from data_fixtures import Plain, draws, exhaust, repeated_epoch_is_an_error, rows, seeded
from torch.utils.data import DataLoader, RandomSampler, Subset

import seedaug

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
