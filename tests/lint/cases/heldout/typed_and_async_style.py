from __future__ import annotations

import abc
import dataclasses
import itertools
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset


@dataclasses.dataclass(frozen=True)
class Jitter:
    scale: float
    random: np.random.RandomState = dataclasses.field(default_factory=lambda: np.random.RandomState(0))

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.from_numpy(self.random.normal(0, self.scale, tuple(x.shape)))  # expect: SDA101


@dataclasses.dataclass
class Choice:
    options: list[Callable[[torch.Tensor], torch.Tensor]]
    weights: list[float]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        k = np.random.choice(len(self.options), p=self.weights)  # expect: SDA102
        return self.options[k](x)


class Source(abc.ABC):
    @abc.abstractmethod
    def draw(self, rng: np.random.Generator) -> torch.Tensor: ...


class Gaussian(Source):
    def draw(self, rng: np.random.Generator) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(3))  # expect: SDA101


class Ring(Source):
    def draw(self, rng: np.random.Generator) -> torch.Tensor:
        angle = rng.uniform(0, 2 * np.pi)  # expect: SDA101
        return torch.tensor([np.cos(angle), np.sin(angle), 0.0])


class Mixture(IterableDataset[torch.Tensor]):
    def __init__(self, sources: list[Source], seed: int) -> None:
        self.sources = sources
        self.rng = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[torch.Tensor]:
        for source in itertools.cycle(self.sources):
            yield source.draw(self.rng)


class OwnMixture(IterableDataset[torch.Tensor]):
    """As above, with a generator for each pass, from the worker's seed."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Iterator[torch.Tensor]:
        rng = np.random.default_rng(torch.initial_seed() % 2**64)
        for _ in range(self.n):
            yield torch.from_numpy(rng.standard_normal(3))  # harmless: from the worker's seed


class Mapped(Dataset[torch.Tensor]):
    def __init__(self, rows: torch.Tensor, transform: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.rows, self.transform = rows, transform

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> torch.Tensor:
        return self.transform(self.rows[i])


def loaders(rows: torch.Tensor) -> list[DataLoader[torch.Tensor]]:
    transform = Choice([Jitter(0.1), torch.neg], [0.9, 0.1])
    return [
        DataLoader(Mapped(rows, transform), 8, num_workers=2),
        DataLoader(Mixture([Gaussian(), Ring()], seed=1), 8, num_workers=2),
        DataLoader(OwnMixture(100), 8, num_workers=2),
    ]
