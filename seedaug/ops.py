"""The native operators ``torch.ops.seedaug.*``, and what torch must know of them beside kernels.

Kernels and schemas are in csrc/; here stand the fake kernels (shapes and strides without data, for
``torch.compile``), the derivative of `augment` and the batching rules of ``torch.vmap``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from seedaug.program import linear, output_size
from seedaug.schema import decode

__all__ = [
    "augment",
    "augment_interned",
    "augment_interned_out",
    "augment_key",
    "augment_list",
    "augment_nograd",
    "augment_out",
    "augment_rows_out",
    "fill",
    "intern",
    "params",
]

PRESERVE, CONTIGUOUS, CHANNELS_LAST = 0, 1, 2
"""Layouts: as the input, [..., C, H, W] contiguous, or with the channels innermost in memory."""


def _load() -> None:
    """Load the library beside this file, unless something else has registered the ops already."""
    if hasattr(torch.ops.seedaug, "augment"):
        return
    found = sorted(Path(__file__).parent.glob("_C*.so"))
    if not found:
        raise ImportError(
            "seedaug's native library is not built: run `make test` or `pip install -e .` in the "
            "source tree, or install a wheel"
        )
    torch.ops.load_library(str(found[0]))  # type: ignore[no-untyped-call]


_load()

# Resolved once: looking up an overload costs more than a small image.
augment = torch.ops.seedaug.augment.default
augment_nograd = torch.ops.seedaug.augment_nograd.default
augment_key = torch.ops.seedaug.augment_key.default
augment_interned = torch.ops.seedaug.augment_interned.default
augment_interned_out = torch.ops.seedaug.augment_interned_out.default
intern = torch.ops.seedaug.intern.default
augment_out = torch.ops.seedaug.augment_out.default
augment_rows_out = torch.ops.seedaug.augment_rows_out.default
augment_list = torch.ops.seedaug.augment_list.default
augment_list_out = torch.ops.seedaug.augment_list_out.default
augment_backward = torch.ops.seedaug.augment_backward.default
params = torch.ops.seedaug.params.default
fill = torch.ops.seedaug.fill.default


# --- Fake kernels -------------------------------------------------------------------------------


def channels_innermost(x: Tensor, per_sample: bool) -> bool:
    """What the native side takes for channels_last: channels side by side, more than one of them.

    Its batches have one dimension of frames; leading dimensions that don't merge into one are
    copied first, and the copy is contiguous.
    """
    first = int(per_sample)
    if x.dim() - first < 3 or x.shape[-3] <= 1:
        return False
    leading = [d for d in range(first, x.dim() - 3) if x.shape[d] != 1]
    for outer, inner in pairwise(leading):
        if x.stride(outer) != x.stride(inner) * x.shape[inner]:
            return False
    return x.stride(-3) == 1 and x.stride(-1) == x.shape[-3]


def _empty(
    like: Tensor, shape: Sequence[int | torch.SymInt], dtype: torch.dtype, innermost: bool
) -> Tensor:
    if not innermost or len(shape) < 3:
        return like.new_empty(cast(Any, shape), dtype=dtype)
    *batch, channels, height, width = shape
    return like.new_empty(cast(Any, [*batch, height, width, channels]), dtype=dtype).movedim(-1, -3)


def _fake_augment(
    input: Tensor,
    keys: Tensor,
    program: list[int],
    values: list[float],
    dtype: torch.dtype,
    layout: int,
) -> Tensor:
    size = output_size(program, *input.shape[-2:])
    innermost = layout == CHANNELS_LAST or (
        layout == PRESERVE and channels_innermost(input, keys.dim() == 2)
    )
    return _empty(input, [*input.shape[:-2], *size], dtype, innermost)


def _fake_augment_key(
    input: Tensor,
    seed: int,
    lo: int,
    hi: int,
    program: list[int],
    values: list[float],
    dtype: torch.dtype,
    layout: int,
) -> Tensor:
    key = input.new_empty([3], dtype=torch.int64)
    return _fake_augment(input, key, program, values, dtype, layout)


def _fake_augment_list(
    inputs: list[Tensor],
    keys: Tensor,
    program: list[int],
    values: list[float],
    dtype: torch.dtype,
    layout: int,
) -> Tensor:
    first = inputs[0]
    size = output_size(program, *first.shape[-2:])
    innermost = layout == CHANNELS_LAST or (layout == PRESERVE and channels_innermost(first, False))
    return _empty(first, [len(inputs), *first.shape[:-2], *size], dtype, innermost)


def _fake_augment_backward(
    grad: Tensor,
    keys: Tensor,
    program: list[int],
    values: list[float],
    input_size: Sequence[int],
    dtype: torch.dtype,
) -> Tensor:
    return grad.new_empty(input_size, dtype=dtype)


def _fake_params(
    keys: Tensor, program: list[int], values: list[float], height: int, width: int
) -> Tensor:
    count = sum(1 for _ in decode(program))
    return keys.new_empty([keys.shape[0] if keys.dim() == 2 else 1, count, 6])


def _fake_fill(
    keys: Tensor, kind: int, occurrence: int, shape: Sequence[int], dtype: torch.dtype
) -> Tensor:
    batch = keys.shape[:1] if keys.dim() == 2 else []
    return keys.new_empty([*batch, *shape], dtype=dtype)


def _fake_nothing(*args: Any) -> None:
    """For ops that write into their last argument and return nothing."""


for _name, _fake in {
    "augment": _fake_augment,
    "augment_nograd": _fake_augment,
    "augment_key": _fake_augment_key,
    "augment_out": _fake_nothing,
    "augment_rows_out": _fake_nothing,
    "augment_interned_out": _fake_nothing,
    "augment_list": _fake_augment_list,
    "augment_list_out": _fake_nothing,
    "augment_backward": _fake_augment_backward,
    "params": _fake_params,
    "fill": _fake_fill,
}.items():
    torch.library.register_fake(f"seedaug::{_name}", cast(Any, _fake))


# --- Autograd -----------------------------------------------------------------------------------


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    image, keys, program, values, _, _ = inputs
    ctx.save_for_backward(keys)
    ctx.program, ctx.values = program, values
    ctx.size, ctx.dtype = image.shape, image.dtype


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    """Crops scatter, flips flip, noise passes, normalisation scales: the program, backwards."""
    (keys,) = ctx.saved_tensors
    image = augment_backward(grad, keys, ctx.program, ctx.values, ctx.size, ctx.dtype)
    return image, None, None, None, None, None


def _setup_backward_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    grad, keys, program, values, _, _ = inputs
    ctx.save_for_backward(keys)
    ctx.program, ctx.values, ctx.dtype = program, values, grad.dtype


def _backward_of_backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    """The adjoint of the adjoint: the program again, without what doesn't depend on its input."""
    (keys,) = ctx.saved_tensors
    return push_forward(grad, keys, ctx.program, ctx.values, ctx.dtype), *[None] * 5


def push_forward(
    tangent: Tensor, keys: Tensor, program: list[int], values: list[float], dtype: torch.dtype
) -> Tensor:
    """Apply the linear part of a program, its derivative, to a tangent of its input."""
    numbers, floats = linear(program, values)
    if not numbers:
        return tangent.to(dtype)
    made: Tensor = augment(tangent, keys, numbers, floats, dtype, PRESERVE)
    return made


torch.library.register_autograd("seedaug::augment", _backward, setup_context=_setup_context)
torch.library.register_autograd(
    "seedaug::augment_backward", _backward_of_backward, setup_context=_setup_backward_context
)


# --- torch.vmap ---------------------------------------------------------------------------------
#
# Every sample of the mapped dimension becomes a row of a batch with its own key: [B, ...] with
# keys [B, 3], and [B, N, ...] with keys [B, N, 3] as one batch of B * N.


def _to_batch(x: Tensor, dim: int | None, size: int) -> Tensor:
    return x.movedim(dim, 0) if dim is not None else x.expand(size, *x.shape)


def _vmap_augment(
    info: Any, in_dims: tuple[Any, ...], image: Tensor, keys: Tensor, *rest: Any
) -> tuple[Tensor, int]:
    image = _to_batch(image, in_dims[0], info.batch_size)
    keys = _to_batch(keys, in_dims[1], info.batch_size)
    if keys.dim() == 2:
        return augment(image, keys, *rest), 0
    both = keys.shape[:2]
    out = augment(image.flatten(0, 1), keys.flatten(0, 1), *rest)
    return out.unflatten(0, both), 0


def _vmap_augment_key(
    info: Any,
    in_dims: tuple[Any, ...],
    image: Tensor,
    seed: int,
    lo: int,
    hi: int,
    *rest: Any,
) -> tuple[Tensor, int]:
    image = _to_batch(image, in_dims[0], info.batch_size)
    key = torch.tensor([seed, lo, hi], dtype=torch.int64, device=image.device)
    return augment_nograd(image, key.expand(info.batch_size, 3), *rest), 0


def _vmap_augment_backward(
    info: Any,
    in_dims: tuple[Any, ...],
    grad: Tensor,
    keys: Tensor,
    program: list[int],
    values: list[float],
    input_size: Sequence[int],
    dtype: torch.dtype,
) -> tuple[Tensor, int]:
    grad = _to_batch(grad, in_dims[0], info.batch_size)
    keys = _to_batch(keys, in_dims[1], info.batch_size)
    both = keys.shape[:-1]
    if keys.dim() == 3:
        grad, keys = grad.flatten(0, 1), keys.flatten(0, 1)
        size = [grad.shape[0], *input_size[1:]]
    else:
        size = [info.batch_size, *input_size]
    out = augment_backward(grad, keys, program, values, size, dtype)
    return out.unflatten(0, both) if len(both) == 2 else out, 0


torch.library.register_vmap("seedaug::augment", _vmap_augment)
torch.library.register_vmap("seedaug::augment_nograd", _vmap_augment)
torch.library.register_vmap("seedaug::augment_key", _vmap_augment_key)
torch.library.register_vmap("seedaug::augment_backward", _vmap_augment_backward)
