"""Watches the first samples of a process for draws from a generator that something holds.

A generator that a dataset or a transform holds is copied into every worker, and no key reaches it:
the bug that this package is against. One that the sample's own code sets anew before it draws is
all right, so what counts is that its state after a sample is one that drawing leads to.
"""

from __future__ import annotations

import contextlib
import functools
import mmap
import random
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import get_worker_info

from seedaug.data.reach import reach
from seedaug.neighbours import others_that_might_draw

__all__ = ["HeldGeneratorWarning", "Watch", "adapter", "continued", "snapshot"]

_LOOKS = (1, 2, 8, 64)  # samples of a process: a draw that is made now and then is seen later
_SECONDS = 0.05  # of work, for finding generators, at each look
_WORDS = 624  # of a Mersenne twister
_BLOCKS = 512  # of these words, compared at once

# Attributes in which a library is known to hold its generators, and what sets them from the key.
_ADAPTERS = {
    "R": "seedaug.integrations.monai.Keyed",
    "_configured_random_generator": "seedaug.integrations.albumentations.Keyed",
    "_configured_py_random": "seedaug.integrations.albumentations.Keyed",
    "random_generator": "seedaug.integrations.albumentations.Keyed",
    "py_random": "seedaug.integrations.albumentations.Keyed",
}


class HeldGeneratorWarning(UserWarning):
    """A sample drew from a generator that no key reaches.

    Its dataset or a transform holds that generator; or it is a global one, without
    `seed_globals=True`.
    """


def adapter(name: str) -> str | None:
    """The adapter for the library whose generator goes by such a name, if one is known."""
    return _ADAPTERS.get(name.rpartition(".")[2])


class Watch:
    """Looks at the first samples that a process makes, and warns once.

    In a loader's workers it is worker 0 that looks. Workers that are forked later look no more
    where that has been done, or there was a warning.
    """

    def __init__(self) -> None:
        self._count = 0
        self._flags = mmap.mmap(-1, 2)  # warned, looked: a forked process shares them

    def __reduce__(self) -> tuple[type[Watch], tuple[()]]:
        return Watch, ()

    @property
    def over(self) -> bool:
        """Whether there is nothing more to look at."""
        return self._count >= _LOOKS[-1] or any(self._flags[:])

    def around(self, make: Callable[..., Any], whose: object, *parts: str) -> Callable[..., Any]:
        """`make`, which makes one sample: looked at, if it is one of those to be looked at.

        Args:
            make: called as it would have been.
            whose: the dataset, or what else it is called for.
            parts: the attributes of that which may hold a generator.
        """
        if self._count == 0 and (info := get_worker_info()) is not None and info.id > 0:
            self._count = _LOOKS[-1]
        self._count += 1
        if self._count not in _LOOKS or any(self._flags[:]):
            return make
        self._flags[1] = self._count == _LOOKS[-1]
        return functools.partial(self._observe, make, whose, parts)

    def _observe(
        self, make: Callable[..., Any], whose: object, parts: tuple[str, ...], *given: Any
    ) -> Any:
        held, before = {}, {}
        with contextlib.suppress(Exception):  # what a user's objects do when they are asked
            held = reach({name: vars(whose)[name] for name in parts}, _SECONDS)
            if not getattr(whose, "seed_globals", True) and not [*others_that_might_draw()]:
                held |= _globals()
            before = {name: snapshot(generator) for name, generator in held.items()}
        started = time.monotonic()
        made = make(*given)
        took = time.monotonic() - started
        for name, state in before.items():
            with contextlib.suppress(Exception):
                if not continued(state, snapshot(held[name]), took + 0.02):
                    continue
                self._flags[0] = 1
                break
        else:
            return made
        text = self._explain(whose, name, held[name])
        warnings.warn(text, HeldGeneratorWarning, stacklevel=4)
        return made

    def _explain(self, whose: object, name: str, generator: Any) -> str:
        if name in _globals():
            return (
                f"{whose!r}: a sample drew from the global generator of {name}, which is not "
                "keyed: draws depend on the number of workers, and can't be had again. Give "
                "seed_globals=True, or draw from seedaug.rng() in the sample instead"
            )
        known = adapter(name)
        remedy = "draw from seedaug.rng() in the sample instead"
        if known is not None:
            remedy = f"wrap what holds it in {known}, or {remedy}"
        return (
            f"{whose!r}: a sample drew from {name} ({type(generator).__name__}), a generator that "
            "is held and that no key reaches, seed_globals=True neither: workers get copies of it, "
            f"so draws repeat, or depend on the number of workers. To mend it {remedy}"
        )


def _globals() -> dict[str, Any]:
    """The global generators of a process, by whose they are."""
    return {
        "Python's random": random._inst,
        "NumPy": np.random.mtrand._rand,
        "torch": torch.default_generator,
    }


State = tuple[str, Any]
"""A family of generators, and a state in it."""


def snapshot(generator: Any) -> State:
    """What a generator's state is."""
    state: Any
    if isinstance(generator, random.Random):
        return "twister", np.array(generator.getstate()[1], dtype=np.uint32)
    if isinstance(generator, torch.Generator):
        state = generator.get_state().numpy()
        if generator.device.type != "cpu":
            return "other", state.tobytes()
        words = state[24 : 24 + 8 * _WORDS].view("<u8").astype(np.uint32)
        return "twister", np.append(words, state[8:12].view("<u4"))  # how many are left
    if isinstance(generator, np.random.RandomState):
        state = generator.get_state(legacy=False)
    else:
        state = getattr(generator, "bit_generator", generator).state
    inner = state["state"]
    if state["bit_generator"] == "MT19937":
        return "twister", np.append(inner["key"], np.uint32(inner["pos"]))
    # The increment of a PCG and the key of a Philox stay when it draws, and not when it is seeded.
    lasting = {name: str(inner[name]) for name in ("inc", "key") if name in inner}
    return state["bit_generator"], (lasting, str(inner), str(state.get("buffer_pos")))


def continued(before: State, after: State, seconds: float) -> bool:
    """Whether drawing, and nothing else, leads from one state to the other, and it has moved.

    Args:
        before, after: of one generator, from `snapshot`.
        seconds: how long a Mersenne twister is run on, for that; then it counts as seeded anew.
    """
    (family, first), (_, second) = before, after
    if family == "twister":
        if np.array_equal(first, second):
            return False
        return _twisted(first[:_WORDS], second[:_WORDS], time.thread_time() + seconds)
    if family == "other":
        return bool(first != second)
    return bool(first[0] == second[0] and first != second)


def _twister(words: npt.NDArray[np.uint32], position: int) -> np.random.MT19937:
    bits = np.random.MT19937(0)
    bits.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}
    return bits


def _twisted(before: npt.NDArray[np.uint32], after: npt.NDArray[np.uint32], until: float) -> bool:
    """Whether a Mersenne twister with the words `before` comes to have the words `after`."""
    if np.array_equal(before, after):
        return True
    wanted = _twister(after, 0).random_raw(_WORDS)
    running = _twister(before, _WORDS)
    while True:
        drawn = running.random_raw(_WORDS * _BLOCKS).reshape(_BLOCKS, _WORDS)
        for row in np.flatnonzero(drawn[:, 0] == wanted[0]):
            if np.array_equal(drawn[row], wanted):
                return True
        if time.thread_time() > until:
            return False
