"""Draws of a user's own transform: the words of its stream, in the contract's own readings."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from seedaug import _core
from seedaug.bit_generator import BitGenerator
from seedaug.key import Packed

__all__ = ["Stream"]


def _count(n: Any) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"n must be an integer, got {n!r}")
    return operator.index(n)


def _elements(given: Any) -> int:
    n = _count(given)
    if not 0 <= n <= _core.MAX_ELEMENTS:
        raise ValueError(f"n must be from 0 to {_core.MAX_ELEMENTS} elements a stream, got {n}")
    return n


class Stream:
    """The stream of one use of one transform in one sample.

    Blocks 0 … 15 (64 words) are parameters: word 0 is the gate, and `integers`, `uniform` and
    `word` read on from word 1, one word each. Blocks 16 … are elements, for as many numbers as
    there are pixels: `words`, `uniforms` and `normals`, and everything NumPy can draw, through
    `generator`.

    Args:
        packed: the packed key.
        kind: of the transform, 1 … 127.
        occurrence: which use of the kind, 0 … 31.

    >>> from seedaug import Key
    >>> stream = Stream(Key(seed=0, index=3).packed(), 96, 0)
    >>> stream.gate(1.0), stream.gate(0.0)
    (True, False)
    >>> 0 <= stream.integers(10) < 10 and 0.0 <= stream.uniform() < 1.0
    True
    """

    __slots__ = ("_next", "_parameters", "address")

    def __init__(self, packed: Packed, kind: int, occurrence: int) -> None:
        self.address = (*packed, kind, occurrence)
        self._parameters: list[int] = _core.words(*self.address, 0, 16).tolist()
        self._next = 1

    def gate(self, p: float) -> bool:
        """True with probability `p` in [0, 1]: word 0, however often it is asked.

        Raises:
            ValueError: `p` is outside of [0, 1].
        """
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p must be in [0, 1], got {p}")
        return self._parameters[0] < int(p * 2**32 + 0.5)

    def word(self) -> int:
        """The next parameter word, 0 … 2**32 - 1.

        Raises:
            RuntimeError: all 63 were read; elements have room for more.
        """
        if self._next == 4 * _core.PARAM_BLOCKS:
            raise RuntimeError(
                f"a stream has {self._next - 1} parameter words; draw more with words(n), "
                "uniforms(n), normals(n) or generator()"
            )
        if self._next == len(self._parameters):
            self._parameters = _core.words(*self.address, 0, 4 * _core.PARAM_BLOCKS).tolist()
        self._next += 1
        return self._parameters[self._next - 1]

    def integers(self, n: int) -> int:
        """Uniform in 0 … n - 1, ``(word * n) >> 32``; n is 1 … 2**32.

        Raises:
            TypeError: `n` is no integer.
            ValueError: it is out of range.
        """
        n = _count(n)
        if not 1 <= n <= 2**32:
            raise ValueError(f"n must be from 1 to 2**32, got {n}")
        return (self.word() * n) >> 32

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Uniform in [low, high): ``low + (high - low) * (word >> 8) * 2**-24``."""
        return low + (high - low) * ((self.word() >> 8) * 2.0**-24)

    def words(self, n: int) -> npt.NDArray[np.uint32]:
        """The first `n` element words; n is 0 … 2**34 - 64, or it is a ValueError."""
        return _core.words(*self.address, _core.PARAM_BLOCKS, _elements(n))

    def uniforms(self, n: int) -> npt.NDArray[np.float32]:
        """The first `n` elements, uniform in [0, 1)."""
        upper: npt.NDArray[np.float32] = (self.words(n) >> np.uint32(8)).astype(np.float32)
        upper *= np.float32(2.0**-24)
        return upper

    def normals(self, n: int) -> npt.NDArray[np.float32]:
        """The first `n` elements, standard normal."""
        return _core.normals(*self.address, 0, _elements(n))

    def generator(self) -> np.random.Generator:
        """A NumPy generator that reads the element words from the first on."""
        return np.random.Generator(BitGenerator(self.address))
