"""Values: Normalize and ToDtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch

from seedaug.interop import torchvision
from seedaug.program import DTYPES
from seedaug.schema import SCHEMAS, Instruction
from seedaug.transforms.arguments import FLOAT32_MAX
from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["Normalize", "ToDtype"]

DtypeArgument: TypeAlias = torch.dtype | dict[type | str, torch.dtype | None]


def normalize(mean: Sequence[float], std: Sequence[float]) -> Instruction:
    """The instruction of a normalisation; arguments as `Normalize`."""
    try:
        if isinstance(mean, (str, bytes)) or isinstance(std, (str, bytes)):
            raise TypeError
        means, stds = [float(m) for m in mean], [float(s) for s in std]
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"Normalize: mean and std must be sequences of numbers, got {mean!r} and {std!r}"
        ) from None
    if not means or not stds or (len(means) != len(stds) and 1 not in (len(means), len(stds))):
        raise ValueError(
            f"Normalize: mean and std must have one value for each channel, or one, got "
            f"{len(means)} and {len(stds)}"
        )
    if not all(abs(m) <= FLOAT32_MAX for m in means) or not all(
        0 < abs(s) <= FLOAT32_MAX for s in stds
    ):
        raise ValueError(
            "Normalize: mean must be finite, and std finite and not 0, both in float32, got "
            f"{means} and {stds}"
        )
    if not all(abs(1 / s) <= FLOAT32_MAX for s in stds):
        raise ValueError(f"Normalize: 1 / std must be finite in float32, got {stds}")
    count = max(len(means), len(stds))
    mean, std = (tuple(given if len(given) == count else given * count) for given in (means, stds))
    return SCHEMAS["normalize"](mean=mean, std=std)


def to_dtype(dtype: torch.dtype, scale: bool = False) -> Instruction:
    """The instruction of a conversion of images; arguments as `ToDtype`."""
    if dtype not in DTYPES:
        raise ValueError(
            "ToDtype: images can become uint8, float16, bfloat16 or float32, got "
            f"{dtype}; other types go with tensor.to()"
        )
    return SCHEMAS["to_dtype"](dtype=DTYPES.index(dtype), scale=bool(scale))


class Normalize(ProgramTransform):
    """Subtract a mean and divide by a standard deviation, channel by channel.

    Args:
        mean, std: one value for each channel, or one for all; std is not 0.
        inplace: False; inputs are never modified.

    A uint8 image is first converted to float32 in [0, 1]. The result is
    ``fma(value, 1 / std, -mean / std)``, rounded once; torchvision rounds twice, so that last
    bits differ from its.

    Raises:
        ValueError: std is 0, an argument is not finite, lengths differ, or inplace=True.
        TypeError: in calls, PIL images, and dtypes other than uint8, float16, bfloat16, float32.

    Draws nothing and needs no key.

    >>> import torch, seedaug
    >>> seedaug.Normalize([0.5], [0.25])(torch.tensor([[[0.5, 1.0]]]))
    tensor([[[0., 2.]]])
    """

    schema = SCHEMAS["normalize"]
    kind = schema.kind

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        if inplace:
            raise ValueError("Normalize(inplace=True): inputs are never modified; leave it out")
        normalize(mean, std)
        self.mean = tuple(float(m) for m in mean)
        self.std = tuple(float(s) for s in std)

    def instruction(self, target: type) -> Instruction:
        """The normalisation."""
        return normalize(self.mean, self.std)


class ToDtype(ProgramTransform):
    """Convert images and videos to another element type.

    Args:
        dtype: uint8, float16, bfloat16 or float32, for images and videos only. Or a dict from
            types to dtypes, ``{tv_tensors.Image: torch.float32, tv_tensors.Mask: torch.int64,
            "others": None}``: any dtype for masks, boxes and keypoints, None for no conversion.
        scale: map 0 … 255 to 0 … 1 and back: uint8 to float times 1 / 255; float to uint8 times
            255.999, truncated and saturated. Default False.

    Raises:
        TypeError: `dtype` is neither; in calls, PIL images.
        ValueError: a dtype that images can't have; in calls, a type that a dict doesn't name.

    Draws nothing and needs no key. As torchvision v2's ToDtype.

    >>> import torch, seedaug
    >>> image = torch.full((1, 1, 1), 255, dtype=torch.uint8)
    >>> seedaug.ToDtype(torch.float32, scale=True)(image)
    tensor([[[1.]]])
    """

    schema = SCHEMAS["to_dtype"]
    kind = schema.kind

    def __init__(self, dtype: DtypeArgument, scale: bool = False) -> None:
        super().__init__()
        if isinstance(dtype, torch.dtype):
            to_dtype(dtype, scale)
        elif not isinstance(dtype, dict):
            raise TypeError(
                f"ToDtype: dtype must be a torch.dtype or a dict of them, got {dtype!r}"
            )
        self.dtype = dtype
        self.scale = scale

    @property
    def typed(self) -> bool:
        """Whether `dtype` goes by type."""
        return isinstance(self.dtype, dict)

    def _wanted(self, target: type) -> torch.dtype | None:
        if isinstance(self.dtype, torch.dtype):
            return self.dtype
        if target not in self.dtype and "others" not in self.dtype:
            raise ValueError(
                f"ToDtype: the dict names no dtype for {target.__name__}; add it, or "
                '"others": None to let other types pass'
            )
        return self.dtype.get(target, self.dtype.get("others"))

    def instruction(self, target: type) -> Instruction | None:
        """The conversion of an image of type `target`."""
        wanted = self._wanted(target)
        return None if wanted is None else to_dtype(wanted, self.scale)

    def convert(self, leaf: Any) -> Any:
        """The conversion of a mask, boxes or keypoints: only where a dict names their type."""
        if not isinstance(self.dtype, dict):
            return leaf
        wanted = self._wanted(type(leaf))
        if wanted is None or wanted == leaf.dtype:
            return leaf
        return torchvision.wrap(leaf.as_subclass(torch.Tensor).to(wanted), leaf)
