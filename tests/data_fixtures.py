"""Datasets and programs of the data tests, importable by worker processes and by torchrun."""

import json
import os
import random
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset, get_worker_info

import seedaug

# Where the tested seedaug lies, for programs started from the tests.
PYTHONPATH = {"PYTHONPATH": str(Path(seedaug.__file__).parents[1])}
COUNT = 101  # a prime: no batch size divides it


def draws(index):
    """A row of an index and one draw of each of the sample's generators."""
    generator = seedaug.torch_generator()
    return torch.tensor(
        [
            int(index),
            int(seedaug.rng().integers(2**40)),
            int(torch.randint(2**40, (), generator=generator)),
            seedaug.py_random().getrandbits(40),
        ]
    )


def global_draws(index):
    """The same, of the global generators, after spoiling nothing and trusting nobody."""
    return torch.tensor(
        [
            int(index),
            random.getrandbits(40),
            np.random.randint(2**40),
            int(torch.randint(2**40, ())),
        ]
    )


class Plain(Dataset):
    """Sample i is i."""

    classes = ("even", "odd")

    def __init__(self, count=COUNT):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if not 0 <= index < self.count:
            raise IndexError("no such sample")
        return index


class Counting(Plain):
    """Counts in shared memory how often each sample was loaded."""

    def __init__(self, count=COUNT):
        super().__init__(count)
        self.loads = torch.zeros(count, dtype=torch.int64).share_memory_()

    def __getitem__(self, index):
        self.loads[index] += 1
        return index


class Lying(Plain):
    """Says that it is ten samples longer than it is."""

    def __len__(self):
        return self.count + 10


class Failing(Plain):
    """Sample 13 cannot be read."""

    def __getitem__(self, index):
        if index == 13:
            raise OSError("photo_13.jpg is truncated")
        return index


class Stream(IterableDataset):
    """0 … count - 1, dealt out to workers in turn."""

    def __init__(self, count=COUNT):
        self.count = count
        self.epoch = None

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        info = get_worker_info()
        start, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(start, self.count, step))


def seeded(count=COUNT, seed=3, **options):
    """A seeded dataset of `draws`."""
    return seedaug.SeededDataset(Plain(count), seed, transform=draws, **options)


def rows(loader):
    """One pass, as a tensor of rows in order."""
    return torch.cat([*loader])


def exhaust(loader):
    """Run a pass and stop its workers: a traceback that holds them would delay that by seconds."""
    running = iter(loader)
    try:
        for _ in running:
            pass
    finally:
        inner = getattr(running, "batches", running)
        if hasattr(inner, "_shutdown_workers"):
            inner._shutdown_workers()


def repeated_epoch_is_an_error(worker):
    """A worker_init_fn: the main process sees a worker's warning as an exception."""
    warnings.simplefilter("error", seedaug.RepeatedEpochWarning)


def run_to_be_killed(path, workers):
    """Print the state and the rows of each batch, and go on until killed."""
    loader = seedaug.DataLoader(
        seeded(), batch_size=7, shuffle=True, num_workers=workers, persistent_workers=True
    )
    with Path(path).open("w") as file:
        while True:
            for batch in loader:
                print(json.dumps([loader.state_dict(), batch.tolist()]), file=file, flush=True)


def run_rank(folder):
    """Under torchrun: save this rank's pass with its keys, for each kind of worker coordinate."""
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    passes = []
    for worker in (0, "rank"):
        dataset = seeded(return_key=True, worker=worker)
        loader = seedaug.DataLoader(dataset, batch_size=8, shuffle=True, num_workers=1)
        loader.set_epoch(2)
        passes.append([torch.cat(part) for part in zip(*loader, strict=True)])
    stream = seedaug.SeededIterableDataset(Stream(6), seed=0, transform=draws, return_key=True)
    passes.append([torch.stack(part) for part in zip(*stream, strict=True)])
    torch.save(passes, os.path.join(folder, f"rank{rank}.pt"))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    if sys.argv[1] == "killed":
        run_to_be_killed(sys.argv[2], int(sys.argv[3]))
    else:
        run_rank(sys.argv[2])
