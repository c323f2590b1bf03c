"""SeededDataset: which key a sample gets, transforms, keys, threads, attributes and errors."""

import collections
import copy
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from data_fixtures import COUNT, Failing, Lying, Plain, Stream, draws, global_draws, seeded
from torch.utils.data import Subset

import seedaug
from seedaug.context import current
from seedaug.data import SampleIndex

Pair = collections.namedtuple("Pair", "image label")


def key_of(_):
    return current().key


@pytest.fixture
def keyed():
    return seedaug.SeededDataset(Plain(), seed=9, transform=key_of)


def test_the_key_of_a_sample(keyed):
    keyed.set_epoch(4)
    assert keyed[17] == seedaug.Key(seed=9, epoch=4, index=17)
    assert keyed[SampleIndex(17, epoch=6, repeat=2)] == seedaug.Key(9, 6, 2, 17)
    assert keyed.epoch == 4


def test_large_indices_pack_like_keys():
    class Huge:
        def __getitem__(self, index):
            return index

    huge = seedaug.SeededDataset(Huge(), seed=-1, transform=lambda _: current().packed)
    for index in (0, 2**31 - 1, 2**31, 2**32 + 5, 2**40 - 1):
        assert huge[index] == seedaug.Key(seed=-1, index=index).packed()
    with pytest.raises(ValueError, match=r"index must be from 0 to 2\*\*40 - 1"):
        huge[2**40]


@pytest.mark.parametrize("index", [5, np.int64(5), np.uint8(5), torch.tensor(5), 5 - COUNT])
def test_every_integer_is_the_same_index(keyed, index):
    assert keyed[index].index == 5


def test_draws_made_inside_the_dataset_are_keyed_too():
    class Drawing(Plain):
        def __getitem__(self, index):
            return draws(index)

    inside = seedaug.SeededDataset(Drawing(), seed=3)
    assert torch.equal(inside[8], seeded()[8])


def test_transforms_get_what_torchvision_gives_them():
    def make(sample, **options):
        return seedaug.SeededDataset([sample], 0, **options)[0]

    assert make(3, transform=str) == "3"
    assert make((3, 4), transform=str) == ("3", 4)
    assert make([3, 4], transform=str) == ["3", 4]
    assert make((3, 4), transform=str, target_transform=float) == ("3", 4.0)
    assert make(Pair(3, 4), target_transform=str) == Pair(3, "4")
    assert make((3, 4), transforms=sum) == 7
    assert make({"a": 1}, transforms=len) == 1


def test_return_key():
    key = seedaug.Key(seed=0, index=0).tensor()

    def last(sample):
        made = seedaug.SeededDataset([sample], 0, return_key=True)[0]
        assert torch.equal(made[-1], key)
        return made[:-1]

    assert last(3) == (3,)
    assert last((3, 4)) == (3, 4)
    assert last({"a": 1}) == ({"a": 1},)
    loader = torch.utils.data.DataLoader(seeded(8, return_key=True), batch_size=8)
    _, keys = next(iter(loader))
    assert torch.equal(keys, seedaug.keys(seed=3, index=range(8)))


def test_seed_globals():
    dataset = seedaug.SeededDataset(Plain(), seed=0, transform=global_draws, seed_globals=True)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = dataset[3]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(dataset[3], first)
    assert not (dataset[4] == first).any()


def test_threads():
    """Threads get the samples that one thread gets: the context is each thread's own."""
    dataset = seedaug.SeededDataset(Plain(), 0, draws)
    expected = torch.stack([dataset[i] for i in range(COUNT)])
    with ThreadPoolExecutor(8) as pool:
        got = [*pool.map(dataset.__getitem__, range(COUNT))]
    assert torch.equal(torch.stack(got), expected)


def test_copies_are_the_same_and_have_their_own_epoch():
    dataset = seeded()
    dataset.set_epoch(2)
    for copied in (copy.deepcopy(dataset), pickle.loads(pickle.dumps(dataset))):
        assert torch.equal(copied[5], dataset[5])
        copied.set_epoch(3)
        assert dataset.epoch == 2


def test_a_dataset_in_a_dataset_uses_the_innermost_key():
    inner = seedaug.SeededDataset(Plain(), seed=1, transform=key_of)
    outer = seedaug.SeededDataset(
        Subset(inner, [50, 51]), seed=2, transform=lambda k: (k, key_of(k))
    )
    assert outer[1] == (seedaug.Key(seed=1, index=51), seedaug.Key(seed=2, index=1))
    assert outer[SampleIndex(1, 7)] == (seedaug.Key(1, 7, 0, 51), seedaug.Key(2, 7, 0, 1))


def test_length_iteration_and_attributes():
    dataset = seeded(5)
    assert len(dataset) == 5
    assert [int(row[0]) for row in dataset] == [0, 1, 2, 3, 4]
    assert dataset.classes == ("even", "odd")
    with pytest.raises(AttributeError, match="neither SeededDataset nor its dataset Plain has"):
        _ = dataset.targets
    assert repr(dataset) == "SeededDataset(Plain, seed=3)"


def test_set_epoch_reaches_a_dataset_that_has_its_own():
    class Phased(Plain):
        def set_epoch(self, epoch):
            self.phase = epoch

    dataset = seedaug.SeededDataset(Phased(), 0)
    dataset.set_epoch(np.int64(3))
    assert dataset.phase == 3


def test_an_exception_says_which_sample():
    dataset = seedaug.SeededDataset(Failing(), seed=4)
    with pytest.raises(OSError, match=r"photo_13\.jpg is truncated") as caught:
        dataset[13]
    if hasattr(caught.value, "__notes__"):
        assert "while making Key(seed=4, epoch=0, worker=0, index=13)" in caught.value.__notes__[0]
    with pytest.raises(seedaug.NoKeyError):
        current()


def test_errors():
    lying = seedaug.SeededDataset(Lying(5), 0)
    with pytest.raises(
        IndexError, match=r"sample 5 raised IndexError \(no such sample\), though .* 15"
    ):
        lying[5]
    with pytest.raises(IndexError, match="no such sample"):
        seeded(5)[5]
    with pytest.raises(IndexError, match="index -6 is out of range for 5 samples"):
        seeded(5)[-6]
    for index in ("a", 1.5, slice(3), (1, 2)):
        with pytest.raises(TypeError, match="a sample's index must be an integer, got"):
            seeded()[index]
    for source in (Stream(), iter([1]), 5):
        with pytest.raises(
            TypeError, match=r"needs a map-style dataset .* use SeededIterableDataset"
        ):
            seedaug.SeededDataset(source, 0)
    with pytest.raises(TypeError, match="seed must be an integer, got None"):
        seedaug.SeededDataset(Plain(), None)
    with pytest.raises(TypeError, match="transform must be callable or None, got 5"):
        seedaug.SeededDataset(Plain(), 0, 5)
    with pytest.raises(ValueError, match="not both"):
        seedaug.SeededDataset(Plain(), 0, str, transforms=str)
    with pytest.raises(ValueError, match='worker must be 0 or "rank", got 3'):
        seedaug.SeededDataset(Plain(), 0, worker=3)
    with pytest.raises(
        TypeError, match=r"target_transform= needs samples of 2 or more elements, got 1"
    ):
        seedaug.SeededDataset([(1,)], 0, target_transform=str)[0]
    with pytest.raises(TypeError, match="target_transform= needs samples of two elements, got int"):
        seedaug.SeededDataset([1], 0, target_transform=str)[0]
    with pytest.raises(ValueError, match="epoch must be from 0"):
        seeded().set_epoch(-1)


def test_rank_as_worker(monkeypatch):
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", "4")
    dataset = seedaug.SeededDataset(Plain(), 0, key_of, worker="rank")
    assert dataset[3].worker == 2
    assert dataset[SampleIndex(3, 0, repeat=5)].worker == 2 + 5 * 4
    with pytest.raises(ValueError, match="worker must be from 0"):
        dataset[SampleIndex(3, 0, repeat=2**18)]


def test_cost_of_the_wrapper():
    """Counted in calls, which no busy machine changes; benchmarks measure the time."""
    dataset = seedaug.SeededDataset(range(1000), 0)
    for _ in range(100):  # past the looks for held generators
        dataset[7]
    events = []
    sys.setprofile(lambda frame, event, argument: events.append(event))
    try:
        dataset[7]
    finally:
        sys.setprofile(None)
    assert events.count("call") + events.count("c_call") <= 30
