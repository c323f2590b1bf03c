"""Coordinates and packed keys: which sample asks for random numbers, and how that travels.

A sample's coordinates are ``(seed, epoch, worker, index)``. Packed, they are three signed 64-bit
integers, the Philox key and the counter with its block, kind and occurrence left at zero::

    packed[0]  seed
    packed[1]  c0 | c1 << 32      c0 = 0                           c1 = index[31:0]
    packed[2]  c2 | c3 << 32      c2 = epoch << 8 | index[39:32]   c3 = worker << 12
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from seedaug._core import MAX_EPOCH, MAX_INDEX, MAX_WORKER
from seedaug.dense import check_readable

__all__ = ["Coordinate", "Key", "Keys", "Packed", "keys", "pack"]

Packed: TypeAlias = tuple[int, int, int]
"""Three signed 64-bit integers: seed, low and high half of the counter."""

Coordinate: TypeAlias = SupportsIndex | Sequence[int] | npt.NDArray[Any] | torch.Tensor
"""What `keys` takes for each coordinate: one integer, or N of them."""

_MASK32 = 2**32 - 1
_MASK64 = 2**64 - 1
_SIGN64 = 2**63

# The field's inclusive maximum, by coordinate. A seed may also be a negative 64-bit integer.
_MAXIMA = {"seed": _MASK64, "epoch": MAX_EPOCH, "worker": MAX_WORKER, "index": MAX_INDEX}


_INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def _range_error(name: str, got: object) -> ValueError:
    low = "-2**63 (as two's complement)" if name == "seed" else "0"
    return ValueError(
        f"{name} must be from {low} to 2**{_MAXIMA[name].bit_length()} - 1, got {got}"
    )


def check_coordinate(name: str, value: object) -> int:
    """Return one coordinate as a plain int within its range (a seed: within 0 … 2**64 - 1).

    Raises:
        TypeError: `value` is no integer (bool and float are not taken for one).
        ValueError: `value` is out of the range of the coordinate `name`.
    """
    boolean = isinstance(value, (bool, np.bool_)) or getattr(value, "dtype", None) == torch.bool
    if boolean or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {value!r} ({type(value).__name__})")
    try:
        number = operator.index(value)
    except (TypeError, RuntimeError):  # a tensor or array that is no integer scalar, or on meta
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if name == "seed" and -_SIGN64 <= number < 0:
        return number & _MASK64
    if not 0 <= number <= _MAXIMA[name]:
        raise _range_error(name, number)
    return number


def signed64(word: int) -> int:
    """The two's complement reading of an unsigned 64-bit `word`.

    >>> signed64(2**64 - 1)
    -1
    """
    return word - 2**64 if word >= _SIGN64 else word


def pack(seed: int, epoch: int, worker: int, index: int) -> Packed:
    """Pack coordinates that were already checked (`Key` and `keys` check theirs)."""
    return (
        signed64(seed),
        signed64((index & _MASK32) << 32),
        signed64(epoch << 8 | index >> 32 | worker << 44),
    )


@dataclass(frozen=True, slots=True)
class Key:
    """The coordinates of one sample: everything its random draws depend on.

    Args:
        seed: which run; 0 … 2**64 - 1. A negative 64-bit integer counts as its two's complement,
            as in torch, and reads back as that.
        epoch: which pass over the data; 0 … 2**24 - 1.
        worker: which of several sources or visits that share an index; 0 … 2**20 - 1. Map-style
            datasets leave it 0.
        index: which sample; 0 … 2**40 - 1.

    Raises:
        TypeError: a coordinate is no integer.
        ValueError: a coordinate is out of its range.

    >>> key = Key(seed=0, epoch=7, index=1234)
    >>> key.packed()
    (0, 5299989643264, 1792)
    >>> Key.unpack(key.tensor()) == key
    True
    """

    seed: int = 0
    epoch: int = 0
    worker: int = 0
    index: int = 0

    def __post_init__(self) -> None:
        for name in ("seed", "epoch", "worker", "index"):
            object.__setattr__(self, name, check_coordinate(name, getattr(self, name)))

    def packed(self) -> Packed:
        """The packed key, as three signed 64-bit Python integers."""
        return pack(self.seed, self.epoch, self.worker, self.index)

    def tensor(self, device: torch.device | str | None = None) -> torch.Tensor:
        """The packed key, as an int64 tensor of shape [3] on `device`; default the CPU."""
        return torch.tensor(self.packed(), dtype=torch.int64, device=device or "cpu")

    @classmethod
    def unpack(cls, packed: torch.Tensor | npt.NDArray[Any] | Sequence[int]) -> Key:
        """The coordinates of a packed key.

        Args:
            packed: int64[3] tensor or array, or three integers (signed or unsigned 64-bit).

        Raises:
            TypeError: not integers.
            ValueError: not three integers of 64 bits, or bits are set where a packed key has none
                (it was made by other means than `Key` or `keys`).

        >>> Key.unpack((0, 5299989643264, 1792))
        Key(seed=0, epoch=7, worker=0, index=1234)
        """
        if isinstance(packed, torch.Tensor):
            check_readable(packed, "a packed key")
        try:
            dense = isinstance(packed, (torch.Tensor, np.ndarray))
            numbers = packed.tolist() if dense else [*packed]  # type: ignore[union-attr]
        except TypeError:
            raise TypeError(f"a packed key is three int64, got {packed!r}") from None
        if not isinstance(numbers, list) or len(numbers) != 3 or isinstance(numbers[0], list):
            shape = tuple(packed.shape) if hasattr(packed, "shape") else (len(packed),)
            raise ValueError(f"a packed key is three int64, got shape {shape}")
        if any(isinstance(one, bool) or not isinstance(one, Integral) for one in numbers):
            got = (
                f"a tensor of {packed.dtype}" if isinstance(packed, torch.Tensor) else repr(packed)
            )
            raise TypeError(f"a packed key is three int64, got {got}")
        seed, low, high = map(int, numbers)
        if not all(-_SIGN64 <= number <= _MASK64 for number in (seed, low, high)):
            raise ValueError(f"a packed key is three int64, got {(seed, low, high)}")
        low, high = low & _MASK64, high & _MASK64
        if low & _MASK32 or high >> 32 & 0xFFF:
            raise ValueError(
                f"packed key {(seed, low, high)} has its block, kind or occurrence set; "
                "make packed keys with seedaug.Key(...).tensor() or seedaug.keys(...)"
            )
        return cls(seed, (high & _MASK32) >> 8, high >> 44, low >> 32 | (high & 0xFF) << 32)


Keys: TypeAlias = Key | torch.Tensor
"""What ``keys=`` takes: a `Key` or int64[3] for one draw, int64[N, 3] for one a sample."""


def _column(name: str, value: Coordinate) -> npt.NDArray[np.uint64]:
    """One coordinate as checked uint64 [N], or [1] from a single integer."""
    if isinstance(value, torch.Tensor):
        check_readable(value, name)
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray) and value.ndim == 1:
        if value.dtype.kind not in "iu":
            raise TypeError(f"{name} must be integers, got an array of {value.dtype}")
        low = -_SIGN64 if name == "seed" else 0
        if value.size and not (low <= int(value.min()) and int(value.max()) <= _MAXIMA[name]):
            raise _range_error(name, f"{value.min()} … {value.max()}")
        return value.astype(np.uint64)
    if isinstance(value, np.ndarray) and value.ndim > 1:
        raise ValueError(
            f"{name} must be an integer or one-dimensional, got {value.ndim} dimensions"
        )
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return np.array([check_coordinate(name, number) for number in value], dtype=np.uint64)
    return np.array([check_coordinate(name, value)], dtype=np.uint64)


def _traced_column(name: str, value: Any, device: Any) -> torch.Tensor:
    """One coordinate while a graph is traced: int64 [N] or [1], its range checked as it runs."""
    low, high = (-_SIGN64 if name == "seed" else 0), min(_MAXIMA[name], _SIGN64 - 1)
    if isinstance(value, range):
        value = torch.arange(value.start, value.stop, value.step, device=device)
    elif isinstance(value, (list, tuple)):
        value = torch.cat([_traced_column(name, one, device) for one in value])
    if isinstance(value, (torch.Tensor, np.ndarray)):
        column = torch.as_tensor(value)
        if column.dtype not in _INTEGERS or column.dim() > 1:
            raise TypeError(f"{name} must be integers in one dimension, got {column.dtype}")
        column = column.to(device=device, dtype=torch.int64).reshape(-1)
        fits = ((column >= low) & (column <= high)).all()
        torch._assert_async(fits, f"{name} is out of its range, {low} … {high}")
        return column
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    if name == "seed" and value >= _SIGN64:
        value = signed64(value) if value <= _MASK64 else -_MASK64
    if not low <= value <= high:
        raise _range_error(name, "another")
    return torch.full((1,), value, dtype=torch.int64, device=device)


def _traced_keys(device: Any, **given: Any) -> torch.Tensor:
    """What `keys` gives, in tensor arithmetic: for torch.compile, where numbers vary."""
    columns = [_traced_column(name, value, device) for name, value in given.items()]
    seed, epoch, worker, index = torch.broadcast_tensors(*columns)  # type: ignore[no-untyped-call]
    low = (index & _MASK32) << 32
    high = (epoch << 8) | (index >> 32) | (worker << 44)
    return torch.stack([seed, low, high], dim=1)


def keys(
    seed: Coordinate = 0,
    epoch: Coordinate = 0,
    worker: Coordinate = 0,
    index: Coordinate = 0,
    *,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """Packed keys of N samples, one row each.

    Args:
        seed, epoch, worker, index: an integer for all N, or N integers (a sequence, range, or
            one-dimensional integer array or tensor). Ranges as in `Key`.
        device: where the result goes; default the CPU.

    Returns:
        int64 [N, 3]; N = 1 when every argument is a single integer.

    Raises:
        TypeError: a coordinate is no integer.
        ValueError: a coordinate is out of range or not one-dimensional, or lengths differ. In a
            graph of ``torch.compile`` the range of a tensor's values is a RuntimeError as it runs.

    >>> keys(seed=0, epoch=2, index=range(3))
    tensor([[         0,          0,        512],
            [         0, 4294967296,        512],
            [         0, 8589934592,        512]])
    """
    if torch.compiler.is_compiling():
        return _traced_keys(device or "cpu", seed=seed, epoch=epoch, worker=worker, index=index)
    columns = {
        name: _column(name, value)
        for name, value in (("seed", seed), ("epoch", epoch), ("worker", worker), ("index", index))
    }
    try:
        s, e, w, i = np.broadcast_arrays(*columns.values())
    except ValueError:
        lengths = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        raise ValueError(
            f"keys(): coordinates must have one length (or 1), got {lengths}"
        ) from None
    packed = np.empty((len(s), 3), dtype=np.uint64)
    packed[:, 0] = s
    packed[:, 1] = (i & np.uint64(_MASK32)) << np.uint64(32)
    packed[:, 2] = e << np.uint64(8) | i >> np.uint64(32) | w << np.uint64(44)
    return torch.from_numpy(packed.view(np.int64)).to(device or "cpu")
