"""NumPy arrays [H, W] and [H, W, C] as images, without copying where memory allows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

__all__ = ["from_tensor", "to_tensor"]


def to_tensor(array: npt.NDArray[Any], batched: bool = False) -> Tensor:
    """View an array [..., H, W, C] or [H, W] as a tensor [..., C, H, W] or [H, W]; [T] as it is.

    Args:
        array: any dtype that torch has. Negative strides and read-only memory are copied.
        batched: the first dimension counts samples: [N, H, W], [N, ..., H, W, C] or [N, T].

    Raises:
        TypeError: torch has no such dtype, or the array is masked.
        ValueError: no dimension for each sample.
    """
    if array.ndim - batched < 1:
        wanted = "[N, H, W] or [N, H, W, C]" if batched else "[H, W] or [H, W, C]"
        raise ValueError(f"an image array has the shape {wanted}, got {[*array.shape]}")
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = np.array(array, order="C")
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError("a masked array would lose its mask: pass array.filled(value)")
    try:
        x = torch.from_numpy(array)
    except (TypeError, ValueError):  # no such type, or of another byte order
        raise TypeError(f"an image array of dtype {array.dtype} is not supported") from None
    return x.movedim(-1, -3) if array.ndim - batched > 2 else x


def from_tensor(x: Tensor, like: npt.NDArray[Any], batched: bool = False) -> npt.NDArray[Any]:
    """The array for a result, with its dimensions in the order of `like`.

    Raises:
        TypeError: the result is bfloat16, which NumPy has not.
    """
    if x.dtype == torch.bfloat16:
        raise TypeError("NumPy has no bfloat16: convert to another dtype, or pass a torch tensor")
    if like.ndim - batched > 2:
        x = x.movedim(-3, -1)
    return x.detach().contiguous().numpy()
