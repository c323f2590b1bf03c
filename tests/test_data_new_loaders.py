"""A loader for each epoch, and the datasets that a loader is given: what it does to them."""

import copy
import gc
import pickle
import warnings
import weakref

import pytest
import torch
from data_fixtures import seeded
from torch.utils.data import ConcatDataset, RandomSampler, Subset, TensorDataset

import seedaug


def quiet(action):
    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.RepeatedEpochWarning)
        return action()


def stream():
    return seedaug.SeededIterableDataset(range(24), seed=0)


LOADERS = {
    "shuffled": (seeded, {"shuffle": True}),
    "sampler": (seeded, {"sampler": RandomSampler(range(24))}),
    "stream": (stream, {}),
}


@pytest.mark.parametrize("case", LOADERS)
@pytest.mark.parametrize("workers", [0, 2])
def test_a_new_loader_for_each_epoch_is_warned_of_once(case, workers):
    make, options = LOADERS[case]
    dataset = make()
    loaders = [seedaug.DataLoader(dataset, 4, num_workers=workers, **options) for _ in range(3)]
    quiet(lambda: list(loaders[0]))
    with pytest.warns(seedaug.RepeatedEpochWarning, match="by a new seedaug.DataLoader"):
        list(loaders[1])
    quiet(lambda: list(loaders[2]))


@pytest.mark.parametrize("setter", ["loader", "dataset"])
def test_a_new_loader_that_is_told_its_epoch_is_right(setter):
    dataset = seeded()
    for epoch in range(3):
        loader = seedaug.DataLoader(dataset, 4, shuffle=True)
        (loader if setter == "loader" else dataset).set_epoch(epoch)
        quiet(lambda loader=loader: list(loader))
        assert loader.epoch == epoch


def test_what_is_no_second_run():
    dataset = seeded()

    def look():
        next(iter(seedaug.DataLoader(dataset, 4, shuffle=True)))

    def train(**options):
        loader = seedaug.DataLoader(dataset, 4, shuffle=True, **options)
        list(loader), list(loader)

    def validate():
        list(seedaug.DataLoader(dataset, 4))

    for action in (look, look, train, train, validate, validate):
        quiet(action)


def test_half_an_epoch_is_an_epoch():
    dataset = seeded()

    def some():
        for _, _ in zip(range(3), seedaug.DataLoader(dataset, 4, shuffle=True), strict=False):
            pass

    quiet(some)
    with pytest.warns(seedaug.RepeatedEpochWarning):
        some()


PARTS = {
    "subset": lambda: Subset(seedaug.SeededDataset(TensorDataset(torch.arange(9)), 0), [2, 3, 5]),
    "concat": lambda: ConcatDataset([seedaug.SeededDataset(TensorDataset(torch.arange(9)), 0)]),
}


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("way", [lambda given: given, copy.deepcopy, copy.copy, pickle.loads])
def test_the_dataset_of_a_loader_is_the_users(kind, way):
    given = PARTS[kind]()
    found = seedaug.DataLoader(given).dataset
    found = way(pickle.dumps(found) if way is pickle.loads else found)
    assert isinstance(found, type(given))
    assert type(given).__name__ in repr(found)
    assert len(found) == len(given)
    assert [int(sample) for (sample,) in map(found.__getitem__, range(len(found)))] == [
        int(given[i][0]) for i in range(len(given))
    ]


def test_attributes_of_a_subset_are_set_on_it():
    given = PARTS["subset"]()
    loader = seedaug.DataLoader(given, 3)
    assert loader.dataset.dataset is given.dataset
    loader.dataset.indices = [7, 8]
    assert given.indices == [7, 8]
    del loader.dataset.indices
    assert not hasattr(given, "indices")
    with pytest.raises(AttributeError, match="Subset"):
        loader.dataset.nothing  # noqa: B018


def test_a_loader_made_anew_from_its_own_batch_sampler():
    """As Lightning does for prediction: with the arguments that the user gave, ranks too."""
    dataset = seeded()
    first = seedaug.DataLoader(dataset, 4, num_replicas=2, rank=1)
    batches = first.batch_sampler
    again = seedaug.DataLoader(dataset, batch_sampler=batches, num_replicas=2, rank=1)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    with pytest.raises(ValueError, match="num_replicas= and rank="):
        seedaug.DataLoader(dataset, batch_sampler=batches, num_replicas=2, rank=0)


@pytest.mark.parametrize("case", LOADERS)
@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_ends_with_its_last_reference(case, workers):
    """Else torch's persistent workers, found by the garbage collector, take five seconds each."""
    make, options = LOADERS[case]
    gc.collect()
    gc.disable()
    try:
        loader = seedaug.DataLoader(
            make(), 4, num_workers=workers, persistent_workers=workers > 0, **options
        )
        list(loader), next(iter(loader)), iter(loader), loader.batch_sampler
        loader.load_state_dict(loader.state_dict())
        left = weakref.ref(loader)
        del loader
        assert left() is None
    finally:
        gc.enable()
