"""States of random generators: of the global ones, and of any that is held somewhere."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from seedaug.check.digest import NotComparable, digest

__all__ = ["NUMPY", "PYTHON", "TORCH", "global_states", "state"]

NUMPY = "NumPy's global generator"
PYTHON = "Python's global `random`"
TORCH = "torch's global generator"


def state(value: Any) -> bytes | None:
    """A digest of a generator's state, or None where it doesn't tell."""
    try:
        if isinstance(value, np.random.Generator):
            return digest(value.bit_generator.state)
        if isinstance(value, np.random.RandomState):
            return digest(value.get_state(legacy=False))
        if isinstance(value, np.random.BitGenerator):
            return digest(value.state)
        if isinstance(value, random.Random):
            return digest(str(value.getstate()))
        if isinstance(value, torch.Generator):
            return digest(value.get_state().numpy().tobytes())
        return digest({name: part for name, part in vars(value).items() if name != "rng"})
    except (AttributeError, NotComparable, NotImplementedError, RuntimeError, TypeError):
        return None


def global_states() -> dict[str, bytes]:
    """The states of the global generators, by name."""
    return {
        NUMPY: digest(np.random.get_state(legacy=False)),
        PYTHON: digest(str(random.getstate())),
        TORCH: digest(torch.get_rng_state().numpy().tobytes()),
    }
