"""Visits of a sample: counted through negative indices, subsets and concatenations."""

import numpy as np
import pytest
import torch
from data_fixtures import Plain, rows
from torch.utils.data import BatchSampler, ConcatDataset, SequentialSampler, Subset

import seedaug
from seedaug.context import current
from seedaug.data.visits import Visits, places, visit_numbers


def keyed(count=5, **options):
    return seedaug.SeededDataset(
        Plain(count), 3, transform=lambda _: current().key.tensor(), **options
    )


def twice():
    one = keyed()
    return ConcatDataset([one, one])


def overlapping():
    one = keyed()
    return ConcatDataset([Subset(one, [0, 1]), Subset(Subset(one, [4, 1, 2]), [-2, 1, 0]), keyed()])


class Repeating(torch.utils.data.Dataset):
    """A wrapper of the user's, shaped as torch's Subset is."""

    def __init__(self, dataset):
        self.dataset = dataset
        self.indices = torch.tensor([1, 1, 0, 1])

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, index):
        return self.dataset[int(self.indices[index])]


# A dataset, and for each of its indices the sample and which visit of it this is.
WRAPPED = {
    "subset": (lambda: Subset(keyed(), [3, 3, 9 - 5, -1]), [(3, 0), (3, 1), (4, 0), (4, 1)]),
    "twice": (twice, [(i, visit) for visit in (0, 1) for i in range(5)]),
    "overlapping": (
        overlapping,
        [(0, 0), (1, 0), (1, 1), (1, 2), (4, 0), *((i, 0) for i in range(5))],
    ),
    "like a subset": (lambda: Repeating(keyed()), [(1, 0), (1, 1), (0, 0), (1, 2)]),
    "subset, then seeded": (
        lambda: seedaug.SeededDataset(
            Subset(Plain(9), [3, 3]), 3, transform=lambda _: current().key.tensor()
        ),
        [(0, 0), (1, 0)],
    ),
}


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", WRAPPED)
def test_visits_through_wrappers(name, workers):
    make, expected = WRAPPED[name]
    dataset = make()
    orders = (
        {},
        {"sampler": SequentialSampler(dataset)},
        {"batch_sampler": BatchSampler(SequentialSampler(dataset), 3, drop_last=False)},
    )
    for order in orders if not workers else orders[:1]:
        loader = seedaug.DataLoader(dataset, **order, num_workers=workers)
        found = [seedaug.Key.unpack(key) for key in rows(loader).view(-1, 3)]
        assert [(key.index, key.worker) for key in found] == expected


def visits_of(**options):
    loader = seedaug.DataLoader(twice(), **options)
    return [tuple(key) for key in rows(loader).view(-1, 3).tolist()]


@pytest.mark.parametrize("drop_last", [False, True])
def test_visits_are_counted_over_the_ranks(drop_last):
    for order in ({"shuffle": True}, {"sampler": SequentialSampler(range(10))}):
        options = {**order, "drop_last": drop_last}
        whole = visits_of(**options)
        ranks = [visits_of(**options, num_replicas=3, rank=rank) for rank in range(3)]
        dealt = [key for group in zip(*ranks, strict=True) for key in group]
        assert dealt[:9] == whole[:9]
        assert len(set(dealt)) == len(dealt) == (9 if drop_last else 12)


def test_a_negative_index_is_a_visit_of_its_sample():
    loader = seedaug.DataLoader(keyed(), sampler=[-1, 4, 0, -5, -1], batch_size=5)
    found = [seedaug.Key.unpack(key) for key in rows(loader)]
    assert [(key.index, key.worker) for key in found] == [(4, 0), (4, 1), (0, 0), (0, 1), (4, 2)]


def test_visits_are_replayed_on_resume():
    whole = visits_of(shuffle=True)
    resumed = seedaug.DataLoader(twice(), shuffle=True)
    resumed.load_state_dict({"seed": 3, "epoch": 0, "batch": 6, "stream_version": 1})
    assert [tuple(key) for key in rows(resumed).view(-1, 3).tolist()] == whole[6:]


def test_what_has_each_sample_once_is_not_counted():
    for dataset in (
        keyed(),
        Subset(keyed(), [3, 1]),
        ConcatDataset([keyed(), keyed()]),
        Subset(keyed(), []),
        Subset(keyed(), [7, 7]),  # an index that the dataset refuses
        range(4),
        5,
        object(),
    ):
        assert places(dataset) is None


def test_a_dataset_without_length_is_counted_as_far_as_it_goes():
    class Endless:
        def __getitem__(self, index):
            return index

    visits = Visits(ConcatDataset([keyed(), keyed()]))
    assert [visits.number(index) for index in (-1, 9, -11, 12)] == [0, 1, 0, 0]
    visits = Visits(Subset(seedaug.SeededDataset(Endless(), 0), [3, 3]))
    assert [visits.number(index) for index in (0, 1, 0)] == [0, 0, 1]


def test_visit_numbers():
    random = np.random.default_rng(0).integers(7, size=50)
    seen = []
    for number, place in zip(visit_numbers(random), random, strict=True):
        assert number == seen.count(place)
        seen.append(place)
    assert visit_numbers(random[:0]).size == 0
