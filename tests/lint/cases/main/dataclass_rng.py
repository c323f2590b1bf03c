from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset


@dataclass
class SpecAugment:
    """Masks bands of a spectrogram."""

    n_freq: int = 2
    n_time: int = 2
    width: int = 24
    rng: np.random.Generator = field(default_factory=np.random.default_rng)

    def __call__(self, spec: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        spec = spec.copy()
        for axis, count in ((0, self.n_freq), (1, self.n_time)):
            for _ in range(count):
                size = int(self.rng.integers(0, self.width))  # expect: SDA101
                start = int(self.rng.integers(0, max(spec.shape[axis] - size, 1)))  # expect: SDA101
                index = [slice(None)] * 2
                index[axis] = slice(start, start + size)
                spec[tuple(index)] = 0.0
        return spec


@dataclass
class Stretch:
    factors: tuple[float, ...] = (0.9, 1.0, 1.1)
    seed: int = 0
    _rng: np.random.RandomState = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._rng = np.random.RandomState(self.seed)

    def __call__(self, spec: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        factor = self._rng.choice(self.factors)  # expect: SDA101
        columns = np.arange(0, spec.shape[1], factor).astype(int)
        return spec[:, np.clip(columns, 0, spec.shape[1] - 1)]


@dataclass
class Spectrograms(Dataset):
    files: list[str]
    augment: SpecAugment
    stretch: Stretch

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> torch.Tensor:
        spec = np.load(self.files[index]).astype(np.float32)
        return torch.from_numpy(self.augment(self.stretch(spec)))


def train_set(files: list[str]) -> Spectrograms:
    order = np.random.default_rng(0).permutation(len(files))  # harmless: a split, once
    return Spectrograms([files[i] for i in order[:-100]], SpecAugment(), Stretch(seed=1))
