"""Operations that take the generator as an argument."""
from __future__ import annotations

import numpy as np


def brightness(image: np.ndarray, rng: np.random.Generator, most: float = 0.2) -> np.ndarray:
    return np.clip(image + rng.uniform(-most, most), 0, 1)  # expect: SDA101


def cutout(image: np.ndarray, rng: np.random.Generator, *, size: int) -> np.ndarray:
    y, x = _corner(image.shape, size, rng)
    image = image.copy()
    image[y:y + size, x:x + size] = 0
    return image


def _corner(shape, size, random_state):
    return (
        int(random_state.integers(0, shape[0] - size + 1)),  # expect: SDA101
        int(random_state.integers(0, shape[1] - size + 1)),  # expect: SDA101
    )


def permute_channels(image: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    rng = rng or np.random.default_rng()
    return image[..., rng.permutation(image.shape[-1])]  # harmless: called without a generator


def fancy_pca(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Kept for the notebooks."""
    return image + rng.normal(0, 0.1, 3)  # harmless: nothing here calls it
