"""KeyedSource: errors are told whose they are, and none is taken for the end of an epoch."""

import pytest
import torch
from data_fixtures import Plain, Stream, exhaust
from torch.utils.data import DataLoader, Dataset, Subset

import seedaug

CROP = seedaug.RandomCrop(2)


def stops_at_five(x):
    return next(iter([])) if int(torch.as_tensor(x).max()) == 5 else x


class Stopping(Plain):
    def __getitem__(self, index):
        return stops_at_five(super().__getitem__(index))


class Images(Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, index):
        return stops_at_five(torch.full((1, 4, 4), index, dtype=torch.uint8))


def in_the_dataset():
    return seedaug.SeededDataset(Stopping(), 3)


def in_the_transform():
    return seedaug.SeededDataset(Plain(), 3, transform=stops_at_five)


def with_global_seeds():
    return seedaug.SeededDataset(Plain(), 3, transform=stops_at_five, seed_globals=True)


def before_a_program():
    return seedaug.SeededDataset(Images(), 3, transform=CROP)


def in_a_subset():
    return Subset(seedaug.SeededDataset(Images(), 3, transform=CROP), range(4, 12))


def in_the_transform_of_a_stream():
    return seedaug.SeededIterableDataset(Stream(), 3, transform=stops_at_five)


SOURCES = [in_the_dataset, in_the_transform, with_global_seeds, before_a_program, in_a_subset,
           in_the_transform_of_a_stream]  # fmt: skip


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("loader", [DataLoader, seedaug.DataLoader])
@pytest.mark.parametrize("make", SOURCES)
def test_a_stop_iteration_ends_no_epoch(make, loader, workers):
    with pytest.raises(RuntimeError, match=r"StopIteration was raised while making Key\(seed=3"):
        exhaust(loader(make(), batch_size=4, num_workers=workers))


def test_which_sample_stopped():
    dataset = in_the_transform()
    dataset.set_epoch(2)
    with pytest.raises(RuntimeError, match="epoch=2, worker=0, index=5") as raised:
        dataset[5]
    assert isinstance(raised.value.__cause__, StopIteration)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_end_of_a_stream_is_its_end(workers):
    dataset = seedaug.SeededIterableDataset(Stream(7), 3)
    assert len([*DataLoader(dataset, None, num_workers=workers)]) == 7
