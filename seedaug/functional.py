"""Stateless functions on tensors: ``F.random_crop(x, keys, size=...)``, and raw numbers for N keys.

Every image function takes ``(x, keys, ...)`` and its transform's arguments, and returns what the
transform would:

* x: [..., C, H, W] or [..., H, W]; under N keys the first dimension is N, or x is a list of N
  images [C, Hi, Wi].
* keys: a `Key` or int64[3] for one draw, int64[N, 3] for one a sample.
* occurrence: which use of the kind for these samples this is, 0 … 31; default 0.
* out: written into and returned.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from seedaug import ops
from seedaug._core import MAX_ELEMENTS
from seedaug.apply import key_tensor, resolve_keys, run, run_list, wants_grad
from seedaug.program import KINDS, Instruction, compile_steps
from seedaug.transforms import color, crop, flip, noise
from seedaug.transforms import pad as padding_
from seedaug.transforms.base import PER_STAGE
from seedaug.transforms.sample import is_image_list

__all__ = [
    "augment",
    "center_crop",
    "gaussian_noise",
    "horizontal_flip",
    "normal",
    "normalize",
    "pad",
    "random_crop",
    "random_horizontal_flip",
    "random_vertical_flip",
    "to_dtype",
    "uniform",
    "vertical_flip",
    "words",
]

Images: TypeAlias = Tensor | list[Tensor]


def augment(
    x: Images,
    keys: Any,
    program: Iterable[Instruction | tuple[Instruction, int]],
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Run a program over an image or a batch, in one pass where it can be.

    Args:
        x, keys, out: see the module.
        program: instructions in order, each alone (occurrence 0) or with its occurrence.

    Raises:
        TypeError, ValueError: something doesn't fit.
    """
    placed = [
        (item, 0) if isinstance(item, Instruction) else (item[0], _check_occurrence(item[1]))
        for item in program
    ]
    source = resolve_keys(keys)
    if isinstance(x, Tensor):
        return run(compile_steps(placed, x.dtype, wants_grad(x)), x, source, out=out)
    if not isinstance(source, Tensor) or source.dim() != 2 or not is_image_list(x):
        got = type(x).__name__
        if isinstance(x, list):
            got = "a list of " + ", ".join(sorted({type(one).__name__ for one in x}))
        raise TypeError(
            "x must be a tensor, or with keys [N, 3] a list of N tensors [C, H, W] or [H, W], "
            f"got {got}"
        )
    steps = compile_steps(placed, x[0].dtype, any(map(wants_grad, x))) if x else []
    return run_list(steps, x, source, out=out)


def _check_occurrence(occurrence: int) -> int:
    if isinstance(occurrence, bool) or not isinstance(occurrence, numbers.Integral):
        raise TypeError(f"occurrence must be an integer, got {occurrence!r}")
    if not 0 <= occurrence < 2 * PER_STAGE:
        raise ValueError(f"occurrence must be from 0 to {2 * PER_STAGE - 1}, got {occurrence}")
    return int(occurrence)


def random_crop(
    x: Images,
    keys: Any,
    size: int | Sequence[int],
    padding: int | Sequence[int] | None = None,
    pad_if_needed: bool = False,
    fill: float | Sequence[float] | None = 0,
    padding_mode: str = "constant",
    *,
    occurrence: int = 0,
    out: Tensor | None = None,
) -> Tensor:
    """Crop at a random place; see `seedaug.RandomCrop`.

    >>> import seedaug, torch
    >>> images = torch.zeros(2, 3, 8, 8)
    >>> random_crop(images, seedaug.keys(seed=0, index=range(2)), size=4).shape
    torch.Size([2, 3, 4, 4])
    """
    instruction = crop.random_crop(size, padding, pad_if_needed, fill, padding_mode)
    return augment(x, keys, [(instruction, occurrence)], out=out)


def center_crop(
    x: Images, keys: Any, size: int | Sequence[int], *, out: Tensor | None = None
) -> Tensor:
    """Crop the middle; see `seedaug.CenterCrop`. Draws nothing."""
    return augment(x, keys, [crop.center_crop(size)], out=out)


def pad(
    x: Images,
    keys: Any,
    padding: int | Sequence[int],
    fill: float | Sequence[float] | None = 0,
    padding_mode: str = "constant",
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Pad on all sides; see `seedaug.Pad`. Draws nothing."""
    return augment(x, keys, [padding_.pad(padding, fill, padding_mode)], out=out)


def random_horizontal_flip(
    x: Images, keys: Any, p: float = 0.5, *, occurrence: int = 0, out: Tensor | None = None
) -> Tensor:
    """Flip from left to right with probability `p`; see `seedaug.RandomHorizontalFlip`."""
    return augment(x, keys, [(flip.horizontal_flip(p), occurrence)], out=out)


def random_vertical_flip(
    x: Images, keys: Any, p: float = 0.5, *, occurrence: int = 0, out: Tensor | None = None
) -> Tensor:
    """Flip upside down with probability `p`; see `seedaug.RandomVerticalFlip`."""
    return augment(x, keys, [(flip.vertical_flip(p), occurrence)], out=out)


horizontal_flip = random_horizontal_flip
vertical_flip = random_vertical_flip


def normalize(
    x: Images,
    keys: Any,
    mean: Sequence[float],
    std: Sequence[float],
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Subtract a mean, divide by a standard deviation; see `seedaug.Normalize`. Draws nothing."""
    return augment(x, keys, [color.normalize(mean, std)], out=out)


def to_dtype(
    x: Images,
    keys: Any,
    dtype: torch.dtype = torch.float32,
    scale: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Convert to another element type; see `seedaug.ToDtype`. Draws nothing."""
    return augment(x, keys, [color.to_dtype(dtype, scale)], out=out)


def gaussian_noise(
    x: Images,
    keys: Any,
    mean: float = 0.0,
    sigma: float = 0.1,
    clip: bool = True,
    *,
    occurrence: int = 0,
    out: Tensor | None = None,
) -> Tensor:
    """Add Gaussian noise; see `seedaug.GaussianNoise`."""
    return augment(x, keys, [(noise.gaussian_noise(mean, sigma, clip), occurrence)], out=out)


def _fill(
    kind: str, keys: Any, shape: int | Sequence[int], dtype: torch.dtype, occurrence: int
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
    made: Tensor = ops.fill(source, KINDS[kind], _check_occurrence(occurrence), sizes, dtype)
    return made


def words(
    keys: Any,
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
    keys: Any,
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
    keys: Any,
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
