"""What `seedaug.rng()` draws from: a NumPy bit generator that reads one stream word by word.

It is all that NumPy asks of one: it is copied, pickled, put back by its `state`, and it has
children. Whatever it gives depends on its stream alone, never on a clock or the system's entropy:

* drawing reads the stream's elements in order;
* `spawn` and `jumped` go to streams *derived* from its own, as `derived` says. These have a kind
  of their own, so none of them is a stream that anything else in a sample draws from.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import index
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISpawnableSeedSequence, SeedlessSeedSequence

from seedaug import _core

__all__ = ["BitGenerator", "StreamSeed"]

Stream: TypeAlias = tuple[int, int, int, int, int]
"""A packed key, a kind and an occurrence."""

_DERIVED = _core.KINDS["numpy_derived"]
_CHILDREN, _STATE, _JUMPS = range(3)  # what streams are derived for: their occurrences
_PARTS = ("jumps", "children", "position")  # of a state, beside the stream
_MOST = _core.MAX_WORKER  # the number of a derived stream stands where a key has its worker


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def derived(stream: Stream, use: int, number: int) -> Stream:
    """The stream of that number, 0 … 2**20 - 1, that is derived from another one for some use.

    The four words of the last parameter block of `stream` become its coordinates: words 0 and 1
    the seed (low first), word 2 the counter's c1, word 3 its c2; the number becomes the worker.
    Under one seed different streams have different blocks, so what is derived from them, for
    different uses or with different numbers, is different too.
    """
    w0, w1, w2, w3 = _core.words(*stream, _core.PARAM_BLOCKS - 1, 4).tolist()
    return (_signed(w0 | w1 << 32), _signed(w2 << 32), _signed(w3 | number << 44), _DERIVED, use)


class StreamSeed(ISpawnableSeedSequence):
    """What NumPy calls a seed sequence: one stream, and what is derived from it.

    Args:
        origin: packed key, kind and occurrence of a stream.
        jumps: it stands for the stream so many jumps away, 0 … 2**20 - 1.
        n_children_spawned: how many children it has already.

    Raises:
        ValueError: `jumps` or `n_children_spawned` is out of range.
    """

    __slots__ = ("jumps", "n_children_spawned", "origin")

    def __init__(self, origin: Stream, jumps: int = 0, n_children_spawned: int = 0) -> None:
        if not 0 <= jumps <= _MOST:
            raise ValueError(f"a bit generator can be 0 … {_MOST} jumps away, got {jumps}")
        if not 0 <= n_children_spawned <= _MOST + 1:
            raise ValueError(f"a stream has 0 … {_MOST + 1} children, got {n_children_spawned}")
        self.origin = origin
        self.jumps = jumps
        self.n_children_spawned = n_children_spawned

    @property
    def stream(self) -> Stream:
        """The stream that it stands for."""
        return derived(self.origin, _JUMPS, self.jumps) if self.jumps else self.origin

    def spawn(self, n_children: int) -> list[StreamSeed]:
        """The next `n_children` children: the i-th one is derived for children with number i.

        Raises:
            ValueError: more than 2**20 in all.
        """
        first = self.n_children_spawned
        after = first + index(n_children)
        if not first <= after <= _MOST + 1:
            raise ValueError(
                f"spawn: a stream has at most {_MOST + 1} children, {first} are there already, "
                f"got n_children={n_children}"
            )
        self.n_children_spawned = after
        own = self.stream
        return [StreamSeed(derived(own, _CHILDREN, number)) for number in range(first, after)]

    def generate_state(
        self, n_words: int, dtype: npt.DTypeLike = np.uint32
    ) -> npt.NDArray[np.uint32 | np.uint64]:
        """`n_words` words of 32 or 64 bits, to seed some other bit generator with.

        They are the elements of the stream derived for this; 64 bits take two, the lower first.
        """
        wanted = np.dtype(dtype)
        if wanted not in (np.dtype(np.uint32), np.dtype(np.uint64)):
            raise ValueError(f"dtype must be uint32 or uint64, got {dtype!r}")
        count = index(n_words) * wanted.itemsize // 4
        words = _core.words(*derived(self.stream, _STATE, 0), _core.PARAM_BLOCKS, count)
        if wanted == np.uint32:
            return words
        wide: npt.NDArray[np.uint64] = words[0::2] | words[1::2].astype(np.uint64) << np.uint64(32)
        return wide

    def __reduce__(self) -> tuple[type[StreamSeed], tuple[Any, ...]]:
        return type(self), (self.origin, self.jumps, self.n_children_spawned)

    def __repr__(self) -> str:
        return f"StreamSeed{self.__reduce__()[1]}"


_base_init = np.random.BitGenerator.__init__
_SEEDLESS: Any = SeedlessSeedSequence()  # for NumPy's own part, which would ask the system else


class BitGenerator(np.random.BitGenerator):
    """A NumPy bit generator that reads the elements of one stream in order.

    32-bit draws take one word; 64-bit draws take two, the first one the lower half; doubles are
    ``(64-bit draw >> 11) * 2**-53``. A stream has 2**34 - 64 words.

    Args:
        seed: which stream: packed key, kind and occurrence (five integers), or a `StreamSeed`.
            There is no default.

    >>> import numpy as np, seedaug
    >>> with seedaug.sample(seedaug.Key(seed=0, index=5)):
    ...     rng = seedaug.rng()
    >>> isinstance(rng.bit_generator, np.random.BitGenerator)
    True
    >>> before = rng.bit_generator.state
    >>> first = rng.random()
    >>> rng.bit_generator.state = before
    >>> rng.random() == first
    True
    """

    __slots__ = ("_reader", "_seed")
    _reader: object
    _seed: Stream | StreamSeed

    def __init__(self, seed: Stream | StreamSeed) -> None:
        if type(seed) is tuple:
            stream = seed
        elif isinstance(seed, StreamSeed):
            stream = seed.stream
        else:
            raise TypeError(
                "a seedaug BitGenerator is made of a stream (seedaug.rng() makes one of the "
                f"sample's) or of a StreamSeed, got {seed!r}"
            )
        if self.lock is not None:  # NumPy's Generators keep the address of what they read
            raise ValueError("this bit generator reads a stream already; set its state instead")
        _base_init(self, _SEEDLESS)
        self._reader = _core.read_stream(self.capsule, stream)
        self._seed = seed

    @property
    def seed_seq(self) -> StreamSeed:
        """The stream that it reads, which its children come from."""
        seed = self._seed
        if not isinstance(seed, StreamSeed):  # made when asked for: few ask
            self._seed = seed = StreamSeed(seed)
        return seed

    def spawn(self, n_children: int) -> list[BitGenerator]:
        """New bit generators: `StreamSeed.spawn` says which."""
        return [type(self)(child) for child in self.seed_seq.spawn(n_children)]

    def jumped(self, jumps: int = 1) -> BitGenerator:
        """A new bit generator at the same place of the stream that is `jumps` jumps away.

        Jumps add up: ``jumped(2)`` is ``jumped().jumped()``. Streams that are different numbers
        of jumps away share no word.

        Raises:
            ValueError: that would be 2**20 jumps or more, or fewer than none.
        """
        own = self.seed_seq
        made = type(self)(StreamSeed(own.origin, own.jumps + index(jumps)))
        made._move(made.seed_seq, _core.reader_position(self._reader))
        return made

    def _move(self, seed: StreamSeed, position: int) -> None:
        """Read on from a place of a stream."""
        with self.lock:
            _core.move_reader(self._reader, seed.stream, position)
            self._seed = seed

    @property
    def state(self) -> dict[str, Any]:
        """Everything: which stream, how many words were read, how many children there are.

        Setting it puts all of that back. Plain numbers and lists, so JSON takes it too.

        Raises:
            TypeError, ValueError: what is set is no state of a bit generator like this.
        """
        seed = self.seed_seq
        return {
            "bit_generator": type(self).__name__,
            "state": {
                "stream": [*seed.origin],
                "jumps": seed.jumps,
                "children": seed.n_children_spawned,
                "position": _core.reader_position(self._reader),
            },
        }

    @state.setter
    def state(self, value: Mapping[str, Any]) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"state must be a dict, got {value!r}")
        name = type(self).__name__
        if value.get("bit_generator") != name:
            raise ValueError(f"state must be that of a {name}, got {value!r}")
        try:
            parts = value["state"]
            key0, key1, key2, kind, occurrence = map(index, parts["stream"])
            jumps, children, position = (index(parts[one]) for one in _PARTS)
        except KeyError as error:
            raise ValueError(f"state lacks {error}: {value!r}") from None
        self._move(StreamSeed((key0, key1, key2, kind, occurrence), jumps, children), position)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.seed_seq,), self.state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.state = state
