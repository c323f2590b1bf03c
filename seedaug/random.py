"""Generators of the current sample, for code that draws from NumPy, torch or `random`.

Each function is a kind of its own, and each call inside a sample is that kind's next occurrence:
two calls give two independent generators, and adding a call of one leaves the others as they were.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from seedaug import _core
from seedaug.bit_generator import BitGenerator
from seedaug.context import Sample, _current, current, packed_key
from seedaug.key import Key, Packed
from seedaug.neighbours import look_for_threads

__all__ = [
    "BATCH_STREAMS",
    "SeededGlobals",
    "py_random",
    "rng",
    "seed_globals",
    "torch_generator",
    "under_seeded_globals",
]

_FIRST_ELEMENT_BLOCK = _core.PARAM_BLOCKS
_SEED_WORDS = 8  # 256 bits seed each Mersenne twister that is seeded and not filled
_MT_WORDS = 624  # state words of MT19937

# Kind and occurrence of the streams that set Python's, NumPy's and torch's global generators.
Streams = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
_KINDS = tuple(_core.KINDS[name] for name in ("global_python", "global_numpy", "global_torch"))


def _streams(occurrence: int) -> Streams:
    python, numpy, torch_ = _KINDS
    return (python, occurrence), (numpy, occurrence), (torch_, occurrence)


_SAMPLE_STREAMS = _streams(0)
BATCH_STREAMS = _streams(_core.OCCURRENCES_PER_STAGE)
"""The first use in stage 1: of a batch that is collated."""


def _words(packed: Packed, kind: int, occurrence: int, count: int) -> npt.NDArray[np.uint32]:
    """The stream's first `count` element words."""
    return _core.words(*packed, kind, occurrence, _FIRST_ELEMENT_BLOCK, count)


def _number(words: npt.NDArray[np.uint32]) -> int:
    """The words as one integer, the first word lowest."""
    return int.from_bytes(words.astype("<u4", copy=False).tobytes(), "little")


def _torch_cpu_state(words: npt.NDArray[np.uint32]) -> torch.Tensor:
    """A torch CPU generator state whose 624 twister words are `words`.

    Filled, because `manual_seed` keeps only 32 of its 64 bits for a CPU generator, and a hundred
    thousand samples would then share some of their sequences. The layout (5056 bytes), as torch
    has kept it since its first releases::

        [0:8] initial seed   [8:12] left = 1   [12:16] seeded = 1   [16:24] next = 0
        [24:5016] 624 words, 8 bytes each      [5016:5056] no cached normals
    """
    state = np.zeros(632, dtype="<u8")
    state[0] = int(words[0]) | int(words[1]) << 32
    state[1] = 1 | 1 << 32
    state[3 : 3 + _MT_WORDS] = words
    return torch.from_numpy(state.view(np.uint8))


def rng() -> np.random.Generator:
    """A NumPy Generator of the current sample.

    Returns:
        A `numpy.random.Generator` over the sample's own Philox stream; each call in a sample
        gives the next one of at most 16. It can be copied, pickled and put back by its
        `bit_generator.state`; `spawn` and `jumped` give streams derived from its own.

    Raises:
        NoKeyError: called outside a sample.
        RuntimeError: called more than 16 times in one sample.

    Words: all elements of the kind ``numpy_generator``, in order.

    >>> import seedaug
    >>> with seedaug.sample(seedaug.Key(seed=0, index=5)):
    ...     first = seedaug.rng().integers(100, size=3)
    >>> with seedaug.sample(seedaug.Key(seed=0, index=5)):
    ...     bool((seedaug.rng().integers(100, size=3) == first).all())
    True
    """
    sample = current()
    kind = _core.KINDS["numpy_generator"]
    occurrence = sample.take(kind, "seedaug.rng()")
    return np.random.Generator(BitGenerator((*sample.packed, kind, occurrence)))


def torch_generator(device: torch.device | str = "cpu") -> torch.Generator:
    """A torch Generator of the current sample.

    Args:
        device: where the generator draws; torch's CPU and CUDA generators give different numbers.

    Returns:
        A new `torch.Generator`; each call in a sample gives the next one of at most 16.

    Raises:
        NoKeyError: called outside a sample.
        RuntimeError: called more than 16 times in one sample.

    Words: elements 0 … 623 of the kind ``torch_generator`` are the state of a CPU generator;
    elements 0 and 1 (low word first) are the seed of any other.

    >>> import seedaug, torch
    >>> with seedaug.sample(seedaug.Key(seed=0, index=5)):
    ...     torch.rand(2, generator=seedaug.torch_generator()).shape
    torch.Size([2])
    """
    sample = current()
    kind = _core.KINDS["torch_generator"]
    occurrence = sample.take(kind, "seedaug.torch_generator()")
    generator = torch.Generator(device)
    if generator.device.type == "cpu":
        generator.set_state(_torch_cpu_state(_words(sample.packed, kind, occurrence, _MT_WORDS)))
    else:
        generator.manual_seed(_number(_words(sample.packed, kind, occurrence, 2)))
    return generator


def py_random() -> random.Random:
    """A `random.Random` of the current sample.

    Returns:
        A new generator, seeded with 256 bits; each call in a sample gives the next one of at
        most 16. Python promises `random()` for a given seed, and its other methods only within
        one Python version.

    Raises:
        NoKeyError: called outside a sample.
        RuntimeError: called more than 16 times in one sample.

    Words: elements 0 … 7 of the kind ``python_random`` are the seed, the first word lowest.

    >>> import seedaug
    >>> with seedaug.sample(seedaug.Key(seed=0, index=5)):
    ...     0 <= seedaug.py_random().random() < 1
    True
    """
    sample = current()
    kind = _core.KINDS["python_random"]
    occurrence = sample.take(kind, "seedaug.py_random()")
    return random.Random(_number(_words(sample.packed, kind, occurrence, _SEED_WORDS)))


# The global generators are the process's, so threads take turns; a forked child starts anew.
# `look_for_threads` refuses those that make samples. A sampler may be asked in any thread.
_turn = threading.RLock()


def _new_turn() -> None:
    global _turn
    _turn = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_turn)


class _Twister:
    """A Mersenne twister to put behind NumPy's global functions, seeded as those are."""

    __slots__ = ("_state", "bits")

    def __init__(self) -> None:
        self.bits = np.random.MT19937(0)
        self._state = np.random.RandomState(self.bits)

    def seed(self, words: npt.NDArray[np.uint32]) -> None:
        self._state.seed(words)


_spare_twisters: list[_Twister] = []  # making one costs as much as all the rest


def _numpy_normal() -> Any:
    """NumPy's global state, if there is a normal in it that is kept for the next call, or None."""
    state: Any = np.random.get_state(legacy=False)
    return state if state["has_gauss"] and state["bit_generator"] == "MT19937" else None


class SeededGlobals:
    """Context manager: the global generators of Python, NumPy and torch (CPU) follow a key.

    They are set on entry and put back on exit, after an exception too. Threads that enter one take
    turns; what draws from them in yet another thread is disturbed (see `look_for_threads`).

    Args:
        packed: the packed key, three signed 64-bit integers.
        streams: kind and occurrence for Python, NumPy and torch.

    Words: elements 0 … 7 of the kinds ``global_python`` and ``global_numpy`` are the seeds,
    elements 0 … 623 of ``global_torch`` the state.
    """

    __slots__ = (
        "_lock",
        "_numpy",
        "_numpy_normal",
        "_packed",
        "_python",
        "_streams",
        "_torch",
        "_twister",
    )

    def __init__(self, packed: Packed, streams: Streams = _SAMPLE_STREAMS) -> None:
        self._packed = packed
        self._streams = streams

    def __enter__(self) -> None:
        self._lock = _turn
        self._lock.acquire()
        python, numpy, torch_ = self._streams
        packed = self._packed
        self._python = random.getstate()
        random.seed(_number(_words(packed, *python, _SEED_WORDS)))
        # Another bit generator is swapped in, because copying NumPy's state back costs four times
        # as much. The swap drops the normal that RandomState keeps for its next call.
        self._numpy_normal = _numpy_normal()
        self._numpy = np.random.mtrand.get_bit_generator()
        self._twister = _spare_twisters.pop() if _spare_twisters else _Twister()
        self._twister.seed(_words(packed, *numpy, _SEED_WORDS))
        np.random.mtrand.set_bit_generator(self._twister.bits)
        self._torch = torch.default_generator.get_state()
        torch.default_generator.set_state(_torch_cpu_state(_words(packed, *torch_, _MT_WORDS)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            random.setstate(self._python)
            np.random.mtrand.set_bit_generator(self._numpy)
            _spare_twisters.append(self._twister)
            if self._numpy_normal is not None:
                np.random.set_state(self._numpy_normal)
            torch.default_generator.set_state(self._torch)
        finally:
            self._lock.release()


class KeptGlobals:
    """The global generators of one who draws from them in turns, apart from everybody else's.

    Args:
        packed, streams: as for `SeededGlobals`: what the first turn begins with. Each further one
            goes on where the one before it ended.
    """

    def __init__(self, packed: Packed, streams: Streams) -> None:
        python, numpy, torch_ = (partial(_words, packed, *stream) for stream in streams)
        self._python = random.Random(_number(python(_SEED_WORDS))).getstate()
        self._twister = _Twister()
        self._twister.seed(numpy(_SEED_WORDS))
        self._numpy_normal: Any = None
        self._torch = _torch_cpu_state(torch_(_MT_WORDS))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Context manager: a turn."""
        with _turn:
            others = random.getstate(), torch.default_generator.get_state()
            bits, normal = np.random.mtrand.get_bit_generator(), _numpy_normal()
            self._take(self._python, self._twister.bits, self._numpy_normal, self._torch)
            try:
                yield
            finally:
                self._python, self._torch = random.getstate(), torch.default_generator.get_state()
                self._numpy_normal = _numpy_normal()
                self._take(others[0], bits, normal, others[1])

    @staticmethod
    def _take(python: Any, bits: Any, normal: Any, torch_: torch.Tensor) -> None:
        random.setstate(python)
        np.random.mtrand.set_bit_generator(bits)
        if normal is not None:
            np.random.set_state(normal)
        torch.default_generator.set_state(torch_)


def under_seeded_globals(sample: Sample) -> SeededGlobals:
    """The global generators under a sample's or batch's key that begins: their first use.

    Raises:
        RuntimeError: this is not the main thread of its process.
    """
    look_for_threads("seed_globals=True")
    sample.counts.update(_USED_ONCE)
    return SeededGlobals(sample.packed, BATCH_STREAMS if sample.stage else _SAMPLE_STREAMS)


_USED_ONCE = dict.fromkeys(_KINDS, 1)


@contextmanager
def seed_globals(
    key: Key | torch.Tensor | npt.NDArray[Any] | Sequence[int], stage: int = 0
) -> Iterator[None]:
    """Context manager: the global generators of Python, NumPy and torch (CPU) follow `key`.

    They are put back afterwards, after an exception too. For code that can draw from nothing else:
    a collate_fn under the stock DataLoader, a transform on the GPU's batch, a test.

    Args:
        key: a `Key`, or a packed key (int64[3] tensor or array, or three integers).
        stage: 0 (as in a dataset) or 1 (on the batch).

    Inside the sample of that very key and stage, each call is the next of at most 16 uses, and
    ``SeededDataset(seed_globals=True)`` is the first; elsewhere the same key gives the same draws.

    Raises:
        TypeError: `key` is nothing of the kind.
        ValueError: `stage` is neither 0 nor 1, or `key` is no packed key.
        RuntimeError: this is not the main thread of its process, whose generators they are; or
            they were set 16 times in this sample.

    Words: elements 0 … 7 of the kinds ``global_python`` and ``global_numpy`` are the seeds,
    elements 0 … 623 of ``global_torch`` the state of a CPU generator.

    >>> import random, seedaug
    >>> def drawn():
    ...     with seedaug.seed_globals(seedaug.Key(seed=0, epoch=2, index=7)):
    ...         return random.random()
    >>> drawn() == drawn()
    True
    """
    packed = packed_key("seedaug.seed_globals", key, stage)
    look_for_threads("seedaug.seed_globals")
    sample = _current.get()
    occurrence = stage * _core.OCCURRENCES_PER_STAGE
    if sample is not None and (sample.packed, sample.stage) == (packed, stage):
        occurrence = max(sample.take(kind, "seedaug.seed_globals()") for kind in _KINDS)
    with SeededGlobals(packed, _streams(occurrence)):
        yield
