from __future__ import annotations

import typing as t
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator, default_rng
from torch import Tensor
from torch.utils.data import Dataset

Sample = t.Tuple[Tensor, Tensor]
T = t.TypeVar("T")


class Augment(t.Protocol):
    def __call__(self, image: np.ndarray) -> np.ndarray: ...


class RandomGamma:
    """Raises to a random power; see `__init__` for whose randomness that is."""

    def __init__(self, low: float, high: float, *, rng: Generator | int | None = 0) -> None:
        self.low, self.high = low, high
        self.rng: Generator = default_rng(rng)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        gamma: float = self.rng.uniform(self.low, self.high)  # expect: SDA101
        return image**gamma


class Items(Dataset[T], t.Generic[T]):
    def __init__(self, items: t.Sequence[T]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> T:
        return self.items[index]


class Micrographs(Dataset[Sample]):
    def __init__(self, root: Path, augment: Augment | None = None, seed: int = 0) -> None:
        self.files = sorted(root.glob("*.npy"))
        self.augment = augment or RandomGamma(0.5, 2.0, rng=seed)
        self._generator: t.Final = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Sample:
        image = self.augment(np.load(self.files[index]))
        if (draw := torch.rand((), generator=self._generator)) < 0.5:  # expect: SDA101
            image = image * float(1 + draw)
        return torch.from_numpy(image), torch.tensor(index)


class Tiles(Items[np.ndarray]):
    def __getitem__(self, index: int) -> np.ndarray:
        tile = super().__getitem__(index)
        match np.random.randint(3):  # expect: SDA102
            case 0:
                return tile[::-1]
            case 1:
                return tile.T
            case _:
                return tile
