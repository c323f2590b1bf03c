"""Which tensors can be read and written as they lie: nested, sparse, quantized ones and such can't.

The native operators take plain, strided memory. Whatever else torch calls a tensor they refuse
before anything is written, in torch's words; here it is said in ours, with the way out.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["check_dense", "check_out", "check_readable"]


def check_dense(x: Tensor, name: str = "the input") -> None:
    """Check that a tensor is plain memory with strides.

    Raises:
        TypeError: it is nested, quantized, sparse or in MKL-DNN's layout.
    """
    if x.is_nested:
        raise TypeError(
            f"{name} must be a plain tensor, got a nested (or jagged) one; its parts are plain: "
            "x.unbind()"
        )
    if x.is_quantized:
        raise TypeError(
            f"{name} must be a plain tensor, got a quantized one ({x.dtype}); "
            "pass x.dequantize(), or x.int_repr()"
        )
    if x.layout != torch.strided:
        raise TypeError(
            f"{name} must be a plain tensor, got one of layout {x.layout}; pass x.to_dense()"
        )


def check_readable(x: Tensor, name: str) -> None:
    """Check that a tensor is plain memory, and has values.

    Raises:
        TypeError: it is no plain tensor.
        ValueError: it is on the meta device.
    """
    check_dense(x, name)
    if x.is_meta:
        raise ValueError(f"{name} must have values to read, got a tensor on the meta device")


def check_out(out: object, x: Tensor, gradient: bool) -> None:
    """Check what a result is to be written into, as far as it can be known beforehand.

    Args:
        out: what the user gave.
        x: the input.
        gradient: whether one is recorded of the input.

    Raises:
        TypeError: it is no plain tensor.
        ValueError: a gradient is recorded, it is on another device, or a lazily negated view.
    """
    if not isinstance(out, Tensor):
        raise TypeError(f"out must be a tensor to write the result into, got {out!r:.80}")
    if out.requires_grad or gradient:
        raise ValueError("out= can't be used where a gradient is recorded; wrap in torch.no_grad()")
    check_dense(out, "out")
    if out.device != x.device:
        raise ValueError(f"out must be on the device of the input, {x.device}, got {out.device}")
    if out.is_neg():
        raise ValueError(
            "out must be memory to write into, got a view that negates it (such as "
            "x.conj().imag); give a tensor of its own"
        )
