"""What every driver trains: tiny images, a linear model, loaders of every kind of order."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.utils.data as data

import seedaug

from .contract import Coordinates, Wanted
from .record import checksum

SEED = 7
EPOCHS = 3
BATCH = 4
COURSES = ("whole", "epoch_end", "last_step", "mid", "killed")
# A checkpoint in mid-epoch is one after two batches of epoch 1; a run is killed in the third.
MID = (1, 2)
AUGMENT = seedaug.Compose(
    [
        seedaug.RandomCrop(6),
        seedaug.RandomHorizontalFlip(),
        seedaug.Normalize([0.5, 0.5, 0.5], [0.25, 0.25, 0.25]),
        seedaug.GaussianNoise(sigma=0.5, clip=False),
    ],
    dtype=torch.float32,
)


@functools.cache
def photo(number: int) -> torch.Tensor:
    """The image of sample `number`: uint8 [3, 8, 8], no two alike."""
    return (
        ((torch.arange(192) * 37 + number * 11 + torch.arange(192) // 7 * number) % 251)
        .to(torch.uint8)
        .reshape(3, 8, 8)
    )


class Photos(data.Dataset[Any]):
    """Map-style samples (image, label), the label being the index."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return photo(index), index


class Stream(data.IterableDataset[Any]):
    """The same as a stream that splits itself over ranks and workers, as torch wants it."""

    def __init__(self, count: int, over_ranks: bool) -> None:
        self.count = count
        self.over_ranks = over_ranks

    def __iter__(self) -> Iterator[tuple[torch.Tensor, int]]:
        info = data.get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        rank, world = 0, 1
        if self.over_ranks:
            rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        for number in range(rank * workers + worker, self.count, world * workers):
            yield photo(number), number


class Neighbours(data.BatchSampler):
    """A batch sampler of somebody's: batches in an order of its own, from any sampler."""

    def __iter__(self) -> Iterator[list[int]]:
        batches = [*super().__iter__()]
        yield from [batch[::-1] for batch in batches[1::2] + batches[::2]]


class Resetting:
    """A batch sampler whose `__iter__` starts it anew and returns it, as many do."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last
        self._rest: Iterator[int] = iter(())

    def __iter__(self) -> Resetting:
        self._rest = iter(self.sampler)
        return self

    def __next__(self) -> list[int]:
        batch = [*itertools.islice(self._rest, self.batch_size)]
        if not batch:
            raise StopIteration
        return batch

    def __len__(self) -> int:
        return -(-len(self.sampler) // self.batch_size)


@dataclass(frozen=True)
class Task:
    """One run: how many processes load what, in which order."""

    ranks: int = 1
    workers: int = 0
    persistent: bool = False
    order: str = "shuffle"  # shuffle, rest, batches, resetting, replacement, stream
    folder: Path = Path()
    course: str = "whole"  # how this session begins: whole, or resumed from that checkpoint
    kill: bool = False  # this session is killed in mid-epoch
    counted: bool = True  # somebody counts visits: torch's own loader does not
    same_order: bool = True  # a resumed run goes on in the same order
    splits: bool = True  # a stream splits itself over ranks; some frameworks deal it out

    @property
    def saves(self) -> Path:
        """Where this session puts its checkpoints; those that it begins with are in `folder`."""
        return self.folder if self.course == "whole" else self.folder / f"after-{self.course}"

    @property
    def samples(self) -> int:
        """24, or 21, which neither ranks nor batches divide; 32 where workers divide a stream."""
        return {"rest": 21, "stream": 32}.get(self.order, 24)

    @property
    def workers_wanted(self) -> dict[str, Any]:
        """num_workers= and persistent_workers= of a loader."""
        return {"num_workers": self.workers, "persistent_workers": self.persistent}

    def dataset(self) -> Any:
        """The user's dataset, seeded."""
        if self.order == "stream":
            return seedaug.SeededIterableDataset(
                Stream(self.samples, self.splits), SEED, AUGMENT, return_key=True
            )
        return seedaug.SeededDataset(Photos(self.samples), SEED, AUGMENT, return_key=True)

    def loader(
        self, make: Callable[..., Any], dataset: Any, sampler: Any = None, **more: Any
    ) -> Any:
        """A training loader of the class `make`, as somebody would write it for this order.

        Args:
            make: the loader's class.
            dataset: what to load.
            sampler: what custom batch samplers cut (default: torch's RandomSampler).
            more: further arguments.
        """
        more = {**self.workers_wanted, **more}
        if self.order == "stream":
            return make(dataset, batch_size=BATCH, **more)
        if self.order in ("batches", "resetting"):
            sampler = data.RandomSampler(dataset) if sampler is None else sampler
            kind = Neighbours if self.order == "batches" else Resetting
            return make(dataset, batch_sampler=kind(sampler, BATCH, False), **more)
        if self.order == "replacement":
            weights = [1.0 + index % 3 for index in range(self.samples)]
            sampler = data.WeightedRandomSampler(weights, self.samples)
        if sampler is not None:
            return make(dataset, batch_size=BATCH, sampler=sampler, **more)
        return make(dataset, batch_size=BATCH, shuffle=True, **more)

    def held_out(self, make: Callable[..., Any], dataset: Any) -> Any:
        """A loader for validation or prediction."""
        return make(dataset, batch_size=BATCH, **self.workers_wanted)

    def wanted(self, stage: str = "train") -> Wanted:
        """What such a run is measured by."""
        return Wanted(
            samples=self.samples,
            epochs=EPOCHS,
            ranks=self.ranks,
            batch_size=BATCH,
            seed=SEED,
            checksum=expected,
            stream=self.order == "stream",
            replacement=self.order == "replacement" and stage == "train",
            shuffled=self.order != "stream",
            same_order=self.same_order,
            counted=self.counted,
        )


@functools.cache
def expected(key: Coordinates, label: int) -> int:
    """The checksum of a sample's bytes: the transform in a plain call, under that key."""
    seed, epoch, worker, index = key
    named = seedaug.Key(seed=seed, epoch=epoch, worker=worker, index=index)
    return checksum(AUGMENT(photo(label), named))


def position(course: str) -> tuple[int, int]:
    """Epochs and batches that were trained before the checkpoint of that name."""
    return (1, 0) if course in ("epoch_end", "last_step") else MID


class Model(torch.nn.Module):
    """Linear, of 108 weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(108, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """[N, 3, 6, 6] to [N]."""
        found: torch.Tensor = self.layer(images.flatten(1)).squeeze(1)
        return found
