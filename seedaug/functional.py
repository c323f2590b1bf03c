"""Stateless functions on tensors, with and without a draw, and raw numbers for N keys.

What draws nothing takes no key and does what its name says: ``F.horizontal_flip(x)`` always
flips. What draws is called ``random_…``, or as torchvision v2 calls it (`gaussian_noise`), and
takes keys: ``F.random_crop(x, keys=keys, size=24)``. Either takes its transform's arguments and
returns what the transform would:

* x: [..., C, H, W] or [..., H, W]; under N keys the first dimension is N. A list of N images
  [C, Hi, Wi], which come out with one size, becomes a batch; what draws takes it under N keys.
* keys: a `Key` or int64[3] for one draw, int64[N, 3] for one a sample. They may stand second: these
  functions have one input, so that no data can be meant.
* occurrence: which use of the kind for these samples this is, 0 … 31; default 0.
* out: written into and returned.

`words`, `uniform` and `normal` have no input at all, only keys: what they give is the streams
themselves. So keys come first there, and nothing in the name need say that they draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from seedaug.apply import Source, no_keys, resolve_keys, run, run_list, wants_grad
from seedaug.fill import normal, uniform, words
from seedaug.key import Keys
from seedaug.program import compile_steps
from seedaug.schema import Instruction
from seedaug.transforms import color, crop, flip, noise
from seedaug.transforms import pad as padding_
from seedaug.transforms.arguments import check_occurrence
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
    keys: Keys,
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
        (item, 0) if isinstance(item, Instruction) else (item[0], check_occurrence(item[1]))
        for item in program
    ]
    return _run(placed, x, resolve_keys(keys), out)


def _run(
    placed: Sequence[tuple[Instruction, int]], x: Images, source: Source, out: Tensor | None
) -> Tensor:
    if isinstance(x, Tensor):
        return run(compile_steps(placed, x.dtype, wants_grad(x)), x, source, out=out)
    if not isinstance(source, Tensor) or source.dim() != 2 or not is_image_list(x):
        raise TypeError(
            "x must be a tensor, or with keys [N, 3] a list of N tensors [C, H, W] or [H, W], "
            f"got {_what(x)}"
        )
    steps = compile_steps(placed, x[0].dtype, any(map(wants_grad, x))) if x else []
    return run_list(steps, x, source, out=out)


def _still(instruction: Instruction, x: Images, out: Tensor | None) -> Tensor:
    """Run an instruction that draws nothing, or whose draw decides nothing."""
    if not isinstance(x, Tensor) and not is_image_list(x):
        raise TypeError(
            f"x must be a tensor, or a list of N tensors [C, H, W] or [H, W], got {_what(x)}"
        )
    if isinstance(x, Tensor):
        return _run([(instruction, 0)], x, no_keys(x), out)
    device = x[0].device if x else "cpu"
    keys = torch.zeros(len(x), 3, dtype=torch.int64, device=device)
    return _run([(instruction, 0)], x, keys, out)


def _what(x: object) -> str:
    if not isinstance(x, list):
        return type(x).__name__
    return "a list of " + ", ".join(sorted({type(one).__name__ for one in x}))


def random_crop(
    x: Images,
    keys: Keys,
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
    >>> random_crop(images, keys=seedaug.keys(seed=0, index=range(2)), size=4).shape
    torch.Size([2, 3, 4, 4])
    """
    instruction = crop.random_crop(size, padding, pad_if_needed, fill, padding_mode)
    return augment(x, keys, [(instruction, occurrence)], out=out)


def center_crop(x: Images, size: int | Sequence[int], *, out: Tensor | None = None) -> Tensor:
    """Crop the middle; see `seedaug.CenterCrop`. Draws nothing."""
    return _still(crop.center_crop(size), x, out)


def pad(
    x: Images,
    padding: int | Sequence[int],
    fill: float | Sequence[float] | None = 0,
    padding_mode: str = "constant",
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Pad on all sides; see `seedaug.Pad`. Draws nothing."""
    return _still(padding_.pad(padding, fill, padding_mode), x, out)


def horizontal_flip(x: Images, *, out: Tensor | None = None) -> Tensor:
    """Flip from left to right, always. Draws nothing.

    >>> import torch
    >>> horizontal_flip(torch.tensor([[1, 2, 3]]))
    tensor([[3, 2, 1]])
    """
    return _still(flip.horizontal_flip(1.0), x, out)


def vertical_flip(x: Images, *, out: Tensor | None = None) -> Tensor:
    """Flip upside down, always. Draws nothing."""
    return _still(flip.vertical_flip(1.0), x, out)


def random_horizontal_flip(
    x: Images, keys: Keys, p: float = 0.5, *, occurrence: int = 0, out: Tensor | None = None
) -> Tensor:
    """Flip from left to right with probability `p`; see `seedaug.RandomHorizontalFlip`."""
    return augment(x, keys, [(flip.horizontal_flip(p), occurrence)], out=out)


def random_vertical_flip(
    x: Images, keys: Keys, p: float = 0.5, *, occurrence: int = 0, out: Tensor | None = None
) -> Tensor:
    """Flip upside down with probability `p`; see `seedaug.RandomVerticalFlip`."""
    return augment(x, keys, [(flip.vertical_flip(p), occurrence)], out=out)


def normalize(
    x: Images,
    mean: Sequence[float],
    std: Sequence[float],
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Subtract a mean, divide by a standard deviation; see `seedaug.Normalize`. Draws nothing."""
    return _still(color.normalize(mean, std), x, out)


def to_dtype(
    x: Images,
    dtype: torch.dtype = torch.float32,
    scale: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Convert to another element type; see `seedaug.ToDtype`. Draws nothing."""
    return _still(color.to_dtype(dtype, scale), x, out)


def gaussian_noise(
    x: Images,
    keys: Keys,
    mean: float = 0.0,
    sigma: float = 0.1,
    clip: bool = True,
    *,
    occurrence: int = 0,
    out: Tensor | None = None,
) -> Tensor:
    """Add Gaussian noise; see `seedaug.GaussianNoise`. Draws, under torchvision v2's name."""
    return augment(x, keys, [(noise.gaussian_noise(mean, sigma, clip), occurrence)], out=out)
