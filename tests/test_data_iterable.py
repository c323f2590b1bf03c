"""SeededIterableDataset: worker and running count as coordinates, epochs, warnings, errors."""

import warnings

import pytest
import torch
from data_fixtures import COUNT, Plain, Stream, draws, exhaust, repeated_epoch_is_an_error, rows
from torch.utils.data import ChainDataset, DataLoader

import seedaug
from seedaug.context import current


def key_row(index):
    return torch.tensor([index, *current().packed])


def stream(**options):
    return seedaug.SeededIterableDataset(Stream(), seed=5, **{"transform": key_row, **options})


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_coordinates(workers):
    loader = seedaug.DataLoader(stream(), batch_size=4, num_workers=workers)
    for epoch in range(2):
        for index, *packed in rows(loader).tolist():
            count, worker = divmod(index, max(workers, 1))
            assert seedaug.Key.unpack(packed) == seedaug.Key(5, epoch, worker, count)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_epochs_reach_persistent_workers(method):
    dataset = stream(transform=draws)
    loader = DataLoader(
        dataset, 4, num_workers=2, persistent_workers=True, multiprocessing_context=method
    )
    passes = []
    for epoch in (0, 3, 0):
        dataset.set_epoch(epoch)
        passes.append(rows(loader))
    assert torch.equal(passes[0], passes[2])
    assert not (passes[0][:, 1:] == passes[1][:, 1:]).any()
    assert len(passes[0][:, 0].unique()) == COUNT


def in_a_chain():
    return ChainDataset([stream(), stream()])


@pytest.mark.parametrize(
    ("make", "workers", "method"),
    [
        (stream, 0, None),
        (stream, 2, "fork"),
        (stream, 1, "spawn"),
        (in_a_chain, 0, None),
        (in_a_chain, 1, "fork"),
    ],
)
def test_two_passes_at_once_have_an_epoch_each(make, workers, method):
    loader = seedaug.DataLoader(
        make(), 4, num_workers=workers, multiprocessing_context=method, seed=5
    )
    both = [*zip(loader, loader, strict=True)]
    for epoch, passed in enumerate(zip(*both, strict=True)):
        keys = [seedaug.Key.unpack(packed) for _, *packed in torch.cat(passed).tolist()]
        assert {key.epoch for key in keys} == {epoch}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_pass_inside_a_sample_has_its_own_epoch(workers):
    loader = seedaug.DataLoader(stream(), 50, num_workers=workers, persistent_workers=workers > 0)

    def epochs_within(_):
        return {seedaug.Key.unpack(packed).epoch for _, *packed in rows(loader).tolist()}

    outer = seedaug.SeededDataset(Plain(), 5, transform=epochs_within)
    outer.set_epoch(7)
    for epoch in range(2):
        assert seedaug.data.SampleIndex(0, 7).load(outer.__getitem__) == {epoch}


def test_two_passes_at_once_set_the_sources_epoch_in_turn():
    class Shuffling(Stream):
        def __iter__(self):
            yield self.epoch

    loader = seedaug.DataLoader(seedaug.SeededIterableDataset(Shuffling(), seed=5), None)
    assert [*zip(loader, loader, strict=True)] == [(0, 1)]


def test_draws_in_the_source_itself_are_keyed():
    class Drawing:
        def __iter__(self):
            for _ in range(10):
                yield int(seedaug.rng().integers(2**40))

    dataset = seedaug.SeededIterableDataset(Drawing(), seed=5)
    first = [*dataset]
    dataset.set_epoch(0)
    assert [*dataset] == first
    assert len(set(first)) == 10


def test_the_context_does_not_leak_between_samples():
    for _ in stream():
        with pytest.raises(seedaug.NoKeyError):
            current()


def test_the_sources_set_epoch_is_called():
    dataset = stream()
    dataset.set_epoch(4)
    next(iter(dataset))
    assert dataset.dataset.epoch == 4


def test_an_epoch_run_twice_is_warned_of():
    dataset = stream()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(iter(dataset))  # a look is no pass
        list(dataset)
    with pytest.warns(seedaug.RepeatedEpochWarning, match="SeededIterableDataset.*epoch 0"):
        next(iter(dataset))
    loader = DataLoader(stream(), 4, num_workers=2, worker_init_fn=repeated_epoch_is_an_error)
    rows(loader)
    with pytest.raises(seedaug.RepeatedEpochWarning, match="epoch 0 is run a second time"):
        exhaust(loader)


def test_ranks_are_separate(monkeypatch):
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    key = seedaug.Key.unpack(next(iter(stream()))[1:])
    assert key.worker == 3
    monkeypatch.setenv("RANK", "4")
    with pytest.raises(ValueError, match="RANK must be from 0 to WORLD_SIZE - 1, got 4 of 4"):
        stream()


def test_length_keys_and_wrapping():
    with_key = seedaug.SeededIterableDataset([7, 8], seed=5, return_key=True)
    assert len(with_key) == 2
    assert [sample for sample, _ in with_key] == [7, 8]
    assert isinstance(seedaug.DataLoader(Stream(), seed=5).dataset, seedaug.SeededIterableDataset)


def test_errors():
    for source in (5, iter([1])):
        with pytest.raises(TypeError, match="needs an iterable that can be iterated anew"):
            seedaug.SeededIterableDataset(source, 0)
    with pytest.raises(ValueError, match="unspecified shuffle option"):
        seedaug.DataLoader(stream(), shuffle=True)
    with pytest.raises(TypeError, match="object of type 'Stream' has no len"):
        len(stream())
    assert len(Plain()) == COUNT
