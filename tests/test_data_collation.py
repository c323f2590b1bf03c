"""What a collate_fn draws: under the key of its batch, however the batch is loaded."""

import random
import warnings

import numpy as np
import pytest
import torch
from torch.utils.data import ChainDataset, IterableDataset, Subset, default_collate, get_worker_info

import seedaug
from seedaug.context import current
from seedaug.data.collation import BATCHES


def drawing(samples):
    """A collate_fn that draws from whatever there is."""
    keyed = seedaug.rng().random()
    return default_collate(samples), keyed, random.random(), np.random.rand(), torch.rand(()).item()


def keys(samples):
    return current().key, current().stage


class Holding:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, samples):
        return self.rng.random()


class Split(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        yield from range(24) if info is None else range(info.id, 24, info.num_workers)


def seeded(count=24, **options):
    return seedaug.SeededDataset(range(count), 0, seed_globals=True, **options)


def loader(dataset=None, collate_fn=drawing, workers=0, **options):
    dataset = seeded() if dataset is None else dataset
    return seedaug.DataLoader(dataset, 4, collate_fn=collate_fn, num_workers=workers, **options)


def drawn(loader, epochs=2):
    return [[batch[1:] for batch in loader] for _ in range(epochs)]


@pytest.mark.parametrize(
    "make",
    [seeded, lambda: Subset(seeded(), [*range(3, 24)]), lambda: seeded(40)],
    ids=["plain", "subset", "more"],
)
def test_same_draws_with_any_workers(make):
    alone = drawn(loader(make(), shuffle=True))
    flat = [number for epoch in alone for batch in epoch for number in batch]
    assert len({*flat}) == len(flat)
    assert drawn(loader(make(), workers=2, shuffle=True, persistent_workers=True)) == alone


def test_spawned_workers():
    spawned = loader(workers=1, multiprocessing_context="spawn")
    assert drawn(spawned, 1) == drawn(loader(), 1)


def test_resumed_in_mid_epoch():
    alone = drawn(loader(shuffle=True))
    first = loader(shuffle=True)
    assert len([*first]) == 6
    for number, _ in enumerate(first):
        if number == 2:
            break
    state = first.state_dict()
    again = loader(shuffle=True, workers=2)
    again.load_state_dict(state)
    assert drawn(again, 1)[0] == alone[1][3:]


def test_a_sampler_of_the_users():
    sampler = [5, 3, 1, 0, 2, 2, 7, 9]
    alone = drawn(loader(sampler=sampler))
    assert drawn(loader(sampler=sampler, workers=2)) == alone


def test_the_key_of_a_batch():
    found = [*loader(collate_fn=keys)]
    expected = [seedaug.Key(seed=0, worker=BATCHES, index=n) for n in range(6)]
    assert found == [(key, 1) for key in expected]
    by_rank = [
        key.index
        for rank in range(2)
        for key, _ in loader(collate_fn=keys, num_replicas=2, rank=rank)
    ]
    assert by_rank == [0, 2, 4, 1, 3, 5]


def test_without_seed_globals_only_seedaugs_draws_are_keyed():
    def without(workers):
        torch.manual_seed(workers)
        return loader(seedaug.SeededDataset(range(24), 0), workers=workers)

    alone, workers = drawn(without(0), 1)[0], drawn(without(2), 1)[0]
    assert [batch[0] for batch in alone] == [batch[0] for batch in workers]
    assert alone[0][3] != workers[0][3]


def test_streams():
    """Each batch has a key of its own, the same in the same run, and in persistent workers."""
    for workers, options in ((0, {}), (2, {}), (2, {"persistent_workers": True})):
        runs = []
        for _ in range(2):
            stream = seedaug.SeededIterableDataset(Split(), 0, seed_globals=True)
            both = loader(stream, keys, workers, **options)
            runs.append([[*both], [*both]])
        assert runs[0] == runs[1]
        for epoch, batches in enumerate(runs[0]):
            assert sorted(key.index for key, _ in batches) == [*range(6)]
            assert {(key.epoch, key.worker) for key, _ in batches} == {(epoch, BATCHES)}


def test_a_chain_of_streams_is_one_pass():
    parts = [seedaug.SeededIterableDataset(range(8), seed, seed_globals=True) for seed in (0, 1)]
    chain = loader(ChainDataset(parts), keys, 1, persistent_workers=True)
    for epoch in range(2):
        assert [(key.epoch, key.index) for key, _ in chain] == [(epoch, n) for n in range(4)]


def test_two_passes_at_once():
    stream = seedaug.SeededIterableDataset(range(8), 0)
    both = loader(stream, keys)
    first = iter(both)
    next(first)
    second = iter(both)
    assert [key.epoch for key, _ in second] == [1, 1]
    assert next(first)[0] == seedaug.Key(seed=0, worker=BATCHES, index=1)


def test_what_is_left_alone():
    """default_collate isn't wrapped, nor is what makes single samples; users find their own."""
    plain = loader(collate_fn=None)
    assert plain._collation(0) is default_collate
    assert loader(collate_fn=drawing).collate_fn is drawing
    single = seedaug.DataLoader(seeded(), None, collate_fn=float)
    assert single._collation(0) is float
    assert len([*single]) == 24
    mine = loader()
    assert len([*mine]) == 6
    assert mine.collate_fn is drawing


def test_a_dataset_that_hides_its_batches():
    class Own(seedaug.SeededDataset):
        def __getitems__(self, indices):
            return [self[index] for index in indices]

    with pytest.warns(UserWarning, match="what collate_fn draws has no key"):
        assert len([*loader(Own(range(24), 0), collate_fn=len)]) == 6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len([*loader(collate_fn=len)]) == 6


def test_a_generator_that_collate_fn_holds():
    with pytest.warns(seedaug.HeldGeneratorWarning, match=r"drew from collate_fn\.rng"):
        [*loader(collate_fn=Holding())]


def test_check_finds_nothing():
    seedaug.assert_healthy(loader(workers=2, shuffle=True), strict=True, max_samples=96)
