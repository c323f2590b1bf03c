"""Fetching by the dataset's own `__getitems__`: one call a batch, and the same bytes as without."""

import numpy as np
import pytest
import torch
from data_fixtures import COUNT, Plain, draws, exhaust, global_draws
from torch.utils.data import DataLoader, Dataset, Subset

import seedaug
from seedaug.data.fetch import Fetcher


class Batched(Plain):
    """Counts, in shared memory, samples read by themselves and batches."""

    bare = True

    def __init__(self, count=COUNT):
        super().__init__(count)
        self.reads = torch.zeros(2, dtype=torch.int64).share_memory_()

    def __getitem__(self, index):
        self.reads[0] += 1
        return super().__getitem__(index)

    def __getitems__(self, indices):
        self.reads[1] += 1
        return [Plain.__getitem__(self, index) for index in indices]


class Drawing(Batched):
    """Draws while it reads, as a dataset does that has a transform of its own."""

    def __getitem__(self, index):
        return draws(super().__getitem__(index))

    def __getitems__(self, indices):
        self.reads[1] += 1
        return [self[index] for index in indices]


class Columns(Batched):
    """A batch as columns, for a collate_fn that knows."""

    def __getitem__(self, index):
        return index, float(index)

    def __getitems__(self, indices):
        self.reads[1] += 1
        return [torch.tensor(indices), torch.tensor(indices, dtype=torch.float32)]


class PassingOn(Dataset):
    """Its samples are other than those of the dataset whose attributes it passes on."""

    def __init__(self):
        self.inner = Batched()

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        return -self.inner[index]

    def __getattr__(self, name):
        return getattr(self.__dict__["inner"], name)


class Halved(Batched):
    """Inherits a `__getitems__` that knows nothing of its own `__getitem__`."""

    def __getitem__(self, index):
        return super().__getitem__(index) / 2


class OneByOne(Dataset):
    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return self.dataset[index]


def in_a_subset():
    return Subset(Subset(Batched(), range(COUNT)), range(COUNT - 1, -1, -1))


def drawn(sample):
    """`draws` of a sample: an index, a tuple with one, or what `draws` has made already."""
    return draws(sample if isinstance(sample, (int, float)) else sample[0])


@pytest.mark.parametrize("loader", [DataLoader, seedaug.DataLoader])
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("make", [Batched, Drawing, Columns, PassingOn, Halved, in_a_subset])
def test_the_bytes_are_those_of_single_samples(make, workers, loader):
    wanted = torch.stack([*seedaug.SeededDataset(OneByOne(make()), 3, transforms=drawn)])
    for size in (1, 2, 16):
        dataset = seedaug.SeededDataset(make(), 3, transforms=drawn)
        assert torch.equal(torch.cat([*loader(dataset, size, num_workers=workers)]), wanted)


class Pictures(Batched):
    bare = False

    def _image(self, index):
        return torch.full((1, 6, 6), index, dtype=torch.uint8), index

    def __getitem__(self, index):
        self.reads[0] += 1
        return self._image(index)

    def __getitems__(self, indices):
        self.reads[1] += 1
        return [self._image(index) for index in indices]


@pytest.mark.parametrize("loader", [DataLoader, seedaug.DataLoader])
def test_one_call_for_a_batch(loader):
    for inner, transform in ((Batched(), draws), (Pictures(), seedaug.RandomCrop(4, padding=2))):
        dataset = seedaug.SeededDataset(inner, 3, transform=transform)
        made = [batch if inner.bare else batch[0] for batch in loader(dataset, 25)]
        # Two alone: to see what a sample is, and the last, for 101 = 4 * 25 + 1.
        assert inner.reads.tolist() == [2, 4]
        alone = [*seedaug.SeededDataset(OneByOne(inner), 3, transform=transform)]
        wanted = torch.stack([sample if inner.bare else sample[0] for sample in alone])
        assert torch.equal(torch.cat(made), wanted)


def test_a_dataset_that_draws_is_asked_once():
    inner = Drawing()
    exhaust(seedaug.DataLoader(seedaug.SeededDataset(inner, 3), 25))
    assert inner.reads[1] == 1


def test_global_generators_follow_each_sample():
    class Global(Batched):
        def __getitem__(self, index):
            return global_draws(index)

        def __getitems__(self, indices):
            return [self[index] for index in indices]

    wanted = torch.stack([*seedaug.SeededDataset(OneByOne(Global()), 3, seed_globals=True)])
    for size in (1, 25):
        dataset = seedaug.SeededDataset(Global(), 3, seed_globals=True)
        assert torch.equal(torch.cat([*seedaug.DataLoader(dataset, size)]), wanted)


def test_errors_name_the_sample():
    class Failing(Batched):
        def __getitem__(self, index):
            if index == 13:
                raise OSError("photo_13.jpg is truncated")
            return index

        def __getitems__(self, indices):
            return [self[index] for index in indices]

    with pytest.raises(OSError, match="photo_13") as raised:
        exhaust(seedaug.DataLoader(seedaug.SeededDataset(Failing(), 3), 25))
    assert "index=13" in "".join(getattr(raised.value, "__notes__", ["index=13"]))
    with pytest.raises(IndexError, match="no such sample"):
        seedaug.SeededDataset(Batched(), 3).__getitems__([0, COUNT])
    dataset = seedaug.SeededDataset(Batched(), 3)
    assert dataset.__getitems__([0, -1, np.int64(2)]) == [0, COUNT - 1, 2]
    with pytest.raises(TypeError, match=r"must be an integer, got 1\.0"):
        dataset.__getitems__([0, 1.0])


def test_datasets_that_are_left_alone():
    for dataset in (range(9), Plain(), PassingOn(), Halved(), seedaug.SeededDataset(Batched(), 0)):
        assert Fetcher(dataset, False).fetch([1, 2]) is None
    assert Fetcher(Batched(), True).fetch([1, 2]) is None
    assert Fetcher(Batched(), False).fetch([1]) is None


def test_a_subclass_with_samples_of_its_own():
    class Negated(seedaug.SeededDataset):
        def __getitem__(self, index):
            return -super().__getitem__(index)

    for loader in (DataLoader, seedaug.DataLoader):
        made = torch.cat([*loader(Negated(Batched(), 3), 25)])
        assert made.tolist() == [-index for index in range(COUNT)]
