"""Four ways to draw random numbers in a dataset, behind one interface: what the demo compares.

The first three are what people write and read; they crop, flip and add noise with NumPy. They are
seeded as a script seeds itself at its start, and their checkpoints hold all that can be saved.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

import seedaug
from seedaug.demo.photos import Photo

CROP = (168, 224)  # height, width in pixels
SIGMA = 0.04  # of the noise, in units of the full range
SEED = 0

Checkpoint = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """One training run: sample i is photograph i modulo their number."""

    photos: list[Photo]
    count: int  # samples in an epoch
    batch_size: int
    workers: int
    epochs: int
    persistent: bool = False

    def with_workers(self, workers: int) -> Plan:
        """The same run with another number of workers."""
        return replace(self, workers=workers)

    def options(self) -> dict[str, Any]:
        """The arguments that every loader gets."""
        return {
            "batch_size": self.batch_size,
            "shuffle": True,
            "num_workers": self.workers,
            "persistent_workers": self.persistent and self.workers > 0,
        }


@dataclass(frozen=True)
class Batch:
    """What a training loop gets, and the checkpoint that it could write then."""

    epoch: int
    number: int  # within the epoch, from 1
    indices: list[int]
    crops: Photo  # uint8 [N, 3, *CROP]
    checkpoint: Checkpoint
    loads: int  # samples loaded by the workers since the run began


class Pictures(Dataset[tuple[Tensor, int]]):
    """Photographs and their indices; counts what is loaded, over all workers."""

    def __init__(self, plan: Plan) -> None:
        self.photos = [torch.from_numpy(photo) for photo in plan.photos]
        self.count = plan.count
        loads: Any = torch.zeros(plan.count, dtype=torch.int64)
        self.loads = loads.share_memory_()

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        self.loads[index] += 1
        return self.photos[index % len(self.photos)], index


def numpy_augment(photo: Tensor, rng: Any) -> Tensor:
    """Crop, flip and noise as written with NumPy; `rng` is a Generator or `np.random` itself."""
    height, width = photo.shape[-2:]
    top = int(rng.random() * (height - CROP[0] + 1))
    left = int(rng.random() * (width - CROP[1] + 1))
    crop = photo.numpy()[:, top : top + CROP[0], left : left + CROP[1]]
    if rng.random() < 0.5:
        crop = crop[:, :, ::-1]
    noisy = crop + rng.normal(0.0, 255 * SIGMA, crop.shape)
    return torch.from_numpy(np.rint(noisy).clip(0, 255).astype(np.uint8))


class HeldPictures(Pictures):
    """Draws from a generator that it holds, as NumPy's documentation advises."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.rng = np.random.default_rng(SEED)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        photo, index = super().__getitem__(index)
        return numpy_augment(photo, self.rng), index


class GlobalPictures(Pictures):
    """Draws from NumPy's global generator."""

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        photo, index = super().__getitem__(index)
        return numpy_augment(photo, np.random), index


def published_remedy(worker_id: int) -> None:
    """The `worker_init_fn` that tutorials and answers have passed on for years."""
    state: Any = np.random.get_state()
    np.random.seed(state[1][0] + worker_id)


class Way(ABC):
    """One way: its names, and how it trains.

    Attributes:
        name: for people.
        code: the line that makes it what it is.
        plain_resume: whether its checkpoint is epoch and batch and nothing else.
    """

    name: str
    code: str
    plain_resume = False

    @abstractmethod
    def train(self, plan: Plan, resume: Checkpoint | None = None) -> Iterator[Batch]:
        """The batches of a run, or of the rest of one: seeded, loaded and handed out."""


class Stock(Way):
    """torch's DataLoader; resuming begins the epoch again and drops what was seen."""

    dataset_type: type[Pictures] = GlobalPictures
    worker_init_fn: Any = None

    def train(self, plan: Plan, resume: Checkpoint | None = None) -> Iterator[Batch]:
        torch.manual_seed(SEED)
        np.random.seed(SEED)
        dataset = self.dataset_type(plan)
        loader = DataLoader(dataset, worker_init_fn=self.worker_init_fn, **plan.options())
        begin, seen = (resume["epoch"], resume["batch"]) if resume else (0, 0)
        if resume and "states" in resume:
            self._restore(dataset, resume["states"])
        for epoch in range(begin, plan.epochs):
            states = self._states(dataset)
            for number, (crops, indices) in enumerate(loader, 1):
                if epoch == begin and number <= seen:
                    continue
                checkpoint = {"epoch": epoch, "batch": number, "states": states}
                loads = int(dataset.loads.sum())
                yield Batch(epoch, number, indices.tolist(), crops.numpy(), checkpoint, loads)

    def _states(self, dataset: Pictures) -> dict[str, Any]:
        """Every generator's state in the main process, as the epoch begins."""
        held = dataset.rng.bit_generator.state if isinstance(dataset, HeldPictures) else None
        return {
            "torch": torch.get_rng_state().numpy(),
            "numpy": np.random.get_state(),
            "held": held,
        }

    def _restore(self, dataset: Pictures, states: dict[str, Any]) -> None:
        torch.set_rng_state(torch.from_numpy(states["torch"]))
        np.random.set_state(states["numpy"])
        if isinstance(dataset, HeldPictures):
            dataset.rng.bit_generator.state = states["held"]


class Held(Stock):
    """A generator in the dataset: copied into every worker, anew in every epoch."""

    name = "generator held by the dataset"
    code = "self.rng = np.random.default_rng(seed)"
    dataset_type = HeldPictures


class Remedy(Stock):
    """The published worker_init_fn: under torch >= 1.9 that word of the state is a constant."""

    name = "the published worker_init_fn"
    code = "np.random.seed(np.random.get_state()[1][0] + worker_id)"
    worker_init_fn = staticmethod(published_remedy)


class Global(Stock):
    """NumPy's global generator, which torch >= 1.9 seeds in every worker."""

    name = "NumPy's global generator"
    code = "np.random.random(), seeded by torch in each worker"


class Seedaug(Way):
    """seedaug's dataset, loader and transforms."""

    name = "seedaug"
    code = "seedaug.SeededDataset(photos, seed), seedaug.DataLoader"
    plain_resume = True

    def train(self, plan: Plan, resume: Checkpoint | None = None) -> Iterator[Batch]:
        pictures = Pictures(plan)
        augment = seedaug.Compose(
            [
                seedaug.RandomCrop(CROP),
                seedaug.RandomHorizontalFlip(),
                seedaug.GaussianNoise(sigma=SIGMA),
            ]
        )
        dataset = seedaug.SeededDataset(pictures, SEED, transform=augment)
        loader = seedaug.DataLoader(dataset, **plan.options())
        if resume:
            loader.load_state_dict(resume)
        while True:
            running = iter(loader)
            epoch = loader.epoch
            for crops, indices in running:
                state: Checkpoint = loader.state_dict()
                loads = int(pictures.loads.sum())
                at = epoch, state["batch"]
                yield Batch(*at, indices.tolist(), crops.numpy(), state, loads)
            if epoch + 1 >= plan.epochs:
                return


WAYS: tuple[Way, ...] = (Held(), Remedy(), Global(), Seedaug())
