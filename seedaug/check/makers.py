"""Spying on generators that are made, and seeds that are set, while a sample is made.

Only ever in a worker process that the check started: there torch's, NumPy's and Python's makers
of generators are replaced by ones that note what they made. Classes stay subclasses, and
instances of the originals stay instances.
"""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from seedaug.check import generators
from seedaug.check.trace import caller

__all__ = ["Made", "Makers"]


@dataclass
class Made:
    """One generator made in a sample, or one seeding of a global one.

    Args:
        name: "np.random.RandomState(…) at data.py:12".
        generator: what was made; None for a seeding.
        seeded: whether it was given a seed.
        first: its state then.
        target: of a seeding, the global generator's name.
    """

    name: str
    generator: Any
    seeded: bool
    first: bytes | None
    target: str = ""


@dataclass
class Makers:
    """Notes what is made and seeded from `install` on; `taken` hands it over."""

    log: list[Made] = field(default_factory=list)

    def taken(self) -> list[Made]:
        """What was noted since the last time."""
        taken, self.log[:] = [*self.log], []
        return taken

    def install(self) -> None:
        """Replace the makers in their modules, and wherever users imported them from there."""
        replaced: dict[int, Any] = {}
        for module, prefix, name in (
            (np.random, "np.random.", "RandomState"),
            (np.random, "np.random.", "Generator"),
            (random, "random.", "Random"),
            (torch, "torch.", "Generator"),
        ):
            original = getattr(module, name)
            replaced[id(original)] = self._class(original, prefix + name)
            setattr(module, name, replaced[id(original)])
        original = np.random.default_rng
        replaced[id(original)] = np.random.default_rng = self._default_rng(original)
        for module, name, target in (
            (np.random, "seed", generators.NUMPY),
            (random, "seed", generators.PYTHON),
            (torch, "manual_seed", generators.TORCH),
        ):
            original = getattr(module, name)
            spied = self._seed(original, f"{module.__name__}.{name}", target)
            replaced[id(original)] = spied
            setattr(module, name, spied)
        for module in [*sys.modules.values()]:
            if isinstance(module, ModuleType) and _is_users(module):
                for key, value in [*vars(module).items()]:
                    if id(value) in replaced:
                        setattr(module, key, replaced[id(value)])

    def _note(self, made: Any, name: str, seeded: bool) -> None:
        where = caller()
        if where is not None:
            state = generators.state(made)
            self.log.append(Made(f"{name}(…) at {where}", made, seeded, state))

    def _class(self, original: type, name: str) -> type:
        makers = self

        class Meta(type(original)):  # type: ignore[misc]
            def __instancecheck__(cls, instance: Any) -> bool:
                return isinstance(instance, original)

            def __subclasscheck__(cls, subclass: type) -> bool:
                return issubclass(subclass, original)

        def init(self: Any, *args: Any, **options: Any) -> None:
            original.__init__(self, *args, **options)  # type: ignore[misc]
            seed = args[0] if args else next(iter(options.values()), None)
            if type(self) is spied:
                makers._note(self, name, seed is not None and name != "torch.Generator")

        body = {
            "__init__": init,
            "__module__": original.__module__,
            "__qualname__": original.__qualname__,
        }
        spied: type = Meta(original.__name__, (original,), body)
        return spied

    def _default_rng(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def default_rng(seed: Any = None) -> Any:
            made = original(seed)
            if not isinstance(
                seed, (np.random.Generator, np.random.BitGenerator, np.random.RandomState)
            ):
                self._note(made, "np.random.default_rng", seed is not None)
            return made

        return default_rng

    def _seed(self, original: Callable[..., Any], name: str, target: str) -> Callable[..., Any]:
        @functools.wraps(original)
        def seed(*args: Any, **options: Any) -> Any:
            result = original(*args, **options)
            where = caller()
            if where is not None:
                state = generators.global_states()[target]
                self.log.append(Made(f"{name}(…) at {where}", None, True, state, target))
            return result

        return seed


def _is_users(module: ModuleType) -> bool:
    name = getattr(module, "__name__", "")
    top = name.partition(".")[0]
    if top in ("numpy", "torch", "scipy", "seedaug") or top in sys.stdlib_module_names:
        return top == "__main__"
    return not str(getattr(module, "__file__", "")).startswith(str(Path(torch.__file__).parent))
