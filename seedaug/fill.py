"""Raw numbers of N keys: words, uniforms and normals, as `seedaug.functional` gives them."""

from __future__ import annotations

import numbers
from collections.abc import Sequence

import torch
from torch import Tensor

from seedaug import ops
from seedaug._core import KINDS, MAX_ELEMENTS
from seedaug.apply import key_tensor, resolve_keys
from seedaug.key import Keys
from seedaug.transforms.arguments import check_occurrence

__all__ = ["normal", "uniform", "words"]


def _fill(
    kind: str, keys: Keys, shape: int | Sequence[int], dtype: torch.dtype, occurrence: int
) -> Tensor:
    given = shape if isinstance(shape, (tuple, list)) else [shape]
    if any(isinstance(size, bool) or not isinstance(size, numbers.Integral) for size in given):
        raise TypeError(f"{kind}: shape must be an integer or a sequence of them, got {shape!r}")
    sizes = [*map(int, given)]
    if any(size < 0 for size in sizes):
        raise ValueError(f"shape must not be negative, got {sizes}")
    count = 1
    for size in sizes:
        count *= max(1, size)
    if count > MAX_ELEMENTS:
        raise ValueError(
            f"{kind}: one stream has at most {MAX_ELEMENTS} elements, got shape {sizes}; "
            "take more from another occurrence="
        )
    known = {"words": (torch.int32, torch.uint32)}.get(
        kind, (torch.float32, torch.float16, torch.bfloat16)
    )
    if dtype not in known:
        shown = ", ".join(str(one) for one in known)
        raise TypeError(f"{kind}: dtype must be one of {shown}, got {dtype}")
    source = key_tensor(resolve_keys(keys))
    made: Tensor = ops.fill(source, KINDS[kind], check_occurrence(occurrence), sizes, dtype)
    return made


def words(
    keys: Keys,
    shape: int | Sequence[int],
    dtype: torch.dtype = torch.int32,
    *,
    occurrence: int = 0,
) -> Tensor:
    """Raw 32-bit words: element e of a sample is word e of the elements of its stream.

    Args:
        keys: int64[N, 3] for [N, *shape], or a `Key` or int64[3] for [*shape].
        shape: of one sample's result.
        dtype: int32 (the same bits) or uint32.
        occurrence: which use of the kind, 0 … 31.

    >>> import seedaug
    >>> words(seedaug.keys(seed=0, index=range(2)), (2, 3)).shape
    torch.Size([2, 2, 3])
    """
    return _fill("words", keys, shape, dtype, occurrence)


def uniform(
    keys: Keys,
    shape: int | Sequence[int],
    dtype: torch.dtype = torch.float32,
    *,
    occurrence: int = 0,
) -> Tensor:
    """Uniform in [0, 1): multiples of 2**-24 in float32, rounded for float16 and bfloat16.

    Rounding may reach 1.0 in the half types. Arguments as `words`.
    """
    return _fill("uniform", keys, shape, dtype, occurrence)


def normal(
    keys: Keys,
    shape: int | Sequence[int],
    dtype: torch.dtype = torch.float32,
    *,
    occurrence: int = 0,
) -> Tensor:
    """Standard normal, by Box and Muller; |z| reaches 5.77. Arguments as `words`.

    >>> import seedaug
    >>> z = normal(seedaug.Key(seed=0), 100_000)
    >>> abs(z.mean().item()) < 0.02 and abs(z.std().item() - 1) < 0.02
    True
    """
    return _fill("normal", keys, shape, dtype, occurrence)
