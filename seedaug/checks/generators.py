"""Random generators and their states: the global ones, and any that is held somewhere."""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy as np
import torch

from seedaug.checks.digest import NotComparable, digest

__all__ = ["GLOBALS", "NUMPY", "PYTHON", "TORCH", "global_states", "identity", "kind", "state"]

NUMPY = "NumPy's global generator"
PYTHON = "Python's global `random`"
TORCH = "torch's global generator"
GLOBALS = (NUMPY, PYTHON, TORCH)


def _is_sampler(kind: type) -> bool:
    """Whether it is one of scipy's quasi-random engines."""
    return any(str(k.__module__).startswith("scipy.stats") and k.__name__ == "QMCEngine"
               for k in kind.__mro__)  # fmt: skip


@functools.lru_cache(4096)
def _may_be_one(kind: type) -> bool:
    """Whether objects of that type are generators; asked of each object in reach."""
    found = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random,
             torch.Generator)  # fmt: skip
    return issubclass(kind, found) or _is_sampler(kind)


def kind(value: Any) -> str | None:
    """What generator it is, or None if it is none that counts (global ones don't)."""
    own: Any = type(value)
    if not _may_be_one(own):
        return None
    if isinstance(value, np.random.Generator):
        return f"numpy Generator ({type(value.bit_generator).__name__})"
    if isinstance(value, np.random.RandomState):
        return None if value is np.random.mtrand._rand else "numpy RandomState"
    if isinstance(value, np.random.BitGenerator):
        return f"numpy {type(value).__name__}"
    if isinstance(value, random.SystemRandom):
        return None
    if isinstance(value, random.Random):
        return None if value is getattr(random, "_inst", None) else "random.Random"
    if isinstance(value, torch.Generator):
        return None if value is torch.default_generator else "torch.Generator"
    return f"scipy {type(value).__name__}"


def identity(value: Any) -> int:
    """The same number for two objects that draw from the same bits."""
    bits = getattr(value, "bit_generator", None) or getattr(value, "_bit_generator", None)
    return id(value if bits is None else bits)


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
