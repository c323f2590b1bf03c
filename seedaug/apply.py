"""Runs compiled steps over tensors: one image, a batch, or a list of images of any sizes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.autograd import forward_ad

from seedaug import ops
from seedaug.buffers import empty_images, results
from seedaug.dense import check_dense, check_out, check_readable
from seedaug.key import Key, Packed
from seedaug.program import (
    NOTHING,
    Step,
    check_shape,
    fixes_size,
    has_maps,
    output_size,
)
from seedaug.torch_compat import is_plain_eager

__all__ = ["NO_KEY", "Source", "no_keys", "refusal", "resolve_keys", "run", "run_list"]

# How an operator words a failed check: function, place in the source, what is wrong.
_REFUSAL = re.compile(r"\w+, \S+\.cpp:\d+, (?P<text>.*?)(?:\n.*)?$", re.DOTALL)

Source: TypeAlias = Packed | Tensor
"""Where draws come from: a packed key as integers, or a key tensor int64[3] or int64[N, 3]."""

NO_KEY: Packed = (0, 0, 0)
"""Stands for a key where nothing is drawn."""


def no_keys(x: Tensor) -> Tensor:
    """Stands for keys where nothing is drawn: one for each sample of a batch, on its device."""
    key = torch.zeros(3, dtype=torch.int64, device=x.device)
    return key.expand(x.size(0), 3) if x.dim() > 3 else key


def resolve_keys(keys: object, same_on_batch: bool = False) -> Source:
    """Check what a user gave as keys.

    Raises:
        TypeError: neither a `Key` nor a plain int64 tensor.
        ValueError: a tensor of another shape than [3] or [N, 3].
    """
    if isinstance(keys, Key):
        return keys.packed()
    if not isinstance(keys, Tensor) or keys.dtype != torch.int64:
        got = f"a tensor of {keys.dtype}" if isinstance(keys, Tensor) else type(keys).__name__
        raise TypeError(
            "keys must be a seedaug.Key, or an int64 tensor of shape [3] or [N, 3] "
            f"(seedaug.keys(...) makes one), got {got}"
        )
    check_dense(keys, "keys")
    if keys.dim() not in (1, 2) or keys.shape[-1] != 3:
        raise ValueError(f"keys must have the shape [3] or [N, 3], got {[*keys.shape]}")
    if same_on_batch and keys.dim() == 2:
        if keys.shape[0] == 0:
            raise ValueError("same_on_batch=True needs at least one key, got keys of shape [0, 3]")
        return keys[:1].expand_as(keys)
    return keys


def key_tensor(source: Source, device: torch.device | None = None) -> Tensor:
    """The key tensor of a source; three integers become one on `device`, by default the CPU."""
    if isinstance(source, Tensor):
        return source
    return torch.tensor(source, dtype=torch.int64, device=device or "cpu")


def single(source: Source) -> Packed | None:
    """The one packed key of a source as integers, or None for a batch of keys."""
    if not isinstance(source, Tensor):
        return source
    return None if source.dim() == 2 else packed_keys(source)[0]


def packed_keys(keys: Tensor) -> list[Packed]:
    """The packed keys in a key tensor, [3] or [N, 3], as integers.

    Raises:
        ValueError: it is on the meta device.
    """
    check_readable(keys, "keys")
    return [(seed, low, high) for seed, low, high in keys.reshape(-1, 3).tolist()]


def check_source(source: Source, x: Tensor) -> None:
    """Check that a key tensor fits the input: the device, and as many keys as samples.

    Raises:
        ValueError: it doesn't.
    """
    if not isinstance(source, Tensor):
        return
    if source.device != x.device:
        raise ValueError(
            f"keys are on {source.device}, the input is on {x.device}; "
            "move one of them with .to(device)"
        )
    if source.dim() == 2 and (x.dim() < 3 or source.shape[0] != x.shape[0]):
        raise ValueError(
            f"{source.shape[0]} keys need an input of shape [{source.shape[0]}, ..., H, W], "
            f"got {[*x.shape]}; pass one key of shape [3] to draw once for the whole input"
            + ("; geometry takes audio [N, T] as [N, 1, T]" if x.dim() == 2 else "")
        )


def refusal(error: RuntimeError) -> ValueError | None:
    """What an operator's failed check says, without its place in the source; None if it is none."""
    found = _REFUSAL.match(str(error))
    return None if found is None else ValueError(found["text"])


def _explain(error: RuntimeError, step: Step, source: Source, x: Tensor) -> None:
    """Name the user's mistake, where it is a known one; ops check the same, in fewer words.

    Raises:
        TypeError, ValueError: with the argument, what was wanted and what came.
    """
    check_dense(x)
    check_source(source, x)
    sample = x.shape[1:] if isinstance(source, Tensor) and source.dim() == 2 else x.shape
    try:
        check_shape(step.program, sample)
    except ValueError as found:
        raise found from error
    if (refused := refusal(error)) is not None:
        raise refused from error
    if "empty_strided" in str(error):
        size = [*x.shape[:-2], *output_size(step.program, *x.shape[-2:])]
        raise RuntimeError(f"no memory for a result of {size} of {step.dtype}") from error


def tangent(x: Tensor) -> Tensor | None:
    """What forward-mode differentiation carries along with `x`."""
    found: Tensor | None = forward_ad.unpack_dual(x).tangent  # type: ignore[no-untyped-call]
    return found


def wants_grad(x: Tensor) -> bool:
    """Whether what happens to `x` is to be differentiated, backward or forward."""
    if not x.is_floating_point():
        return False
    if x.requires_grad and torch.is_grad_enabled():
        return True
    return not torch.compiler.is_compiling() and tangent(x) is not None


def _differentiable(step: Step, x: Tensor, keys: Tensor, layout: int) -> Tensor:
    """A step whose derivative torch keeps: backward by autograd, forward by a tangent."""
    program, values, dtype = step
    made: Tensor
    if torch.compiler.is_compiling():
        made = ops.augment(x, keys, program, values, dtype, layout)
        return made
    x, along = forward_ad.unpack_dual(x)  # type: ignore[no-untyped-call]
    made = ops.augment(x, keys, program, values, dtype, layout)
    if along is None:
        return made
    along = ops.push_forward(along, keys, program, values, dtype)
    dual: Tensor = forward_ad.make_dual(made, along)  # type: ignore[no-untyped-call]
    return dual


def _pooled(step: Step, x: Tensor, layout: int, count: int | None = None) -> Tensor | None:
    """Memory for a large result in plain eager execution on the CPU, or None.

    Args:
        step: what makes it.
        x: a batch, or one of `count` images.
        layout: of the result.
        count: images in a list.
    """
    if type(x) is not Tensor or not x.is_cpu or x.numel() * (count or 1) < 1 << 20:
        return None
    if not is_plain_eager() or x.dim() < (3 if count is None else 2):
        return None
    height, width = map(int, output_size(step.program, *x.shape[-2:]))
    size = [*([] if count is None else [count]), *x.shape[:-2], height, width]
    if not results.takes(step.dtype, size):
        return None
    first = 1 if count is None else 0
    innermost = layout == ops.CHANNELS_LAST or (
        layout == ops.PRESERVE and ops.channels_innermost(x, bool(first))
    )
    return empty_images(results.empty, step.dtype, size, innermost)[1]


def run_step(step: Step, x: Tensor, source: Source, layout: int) -> Tensor:
    """Run one step over one tensor."""
    program, values, dtype = step
    made: Tensor
    if not program:
        return torch.clamp(x, values[0], values[1])
    try:
        if dtype.is_floating_point and wants_grad(x):
            keys = key_tensor(source, x.device)
            made = _differentiable(step, x, keys, layout)
        elif isinstance(source, Tensor) or x.is_cuda:
            keys = key_tensor(source, x.device)
            pooled = _pooled(step, x, layout) if keys.dim() == 2 else None
            if pooled is not None:
                ops.augment_out(x, keys, program, values, pooled)
                return pooled
            made = ops.augment_nograd(x, keys, program, values, dtype, layout)
        else:
            made = ops.augment_key(x, *source, program, values, dtype, layout)
        return made
    except RuntimeError as error:
        if not torch.compiler.is_compiling():
            _explain(error, step, source, x)
        raise


def _is_wave(steps: Sequence[Step], x: Tensor, source: Source) -> bool:
    """Whether samples have one dimension, [T] or [N, T], and nothing asks for a second.

    That nothing is geometry, which would have to know whether time is height or width.
    """
    if x.dim() != 1 + (isinstance(source, Tensor) and source.dim() == 2):
        return False
    return not any(has_maps(step.program) for step in steps)


def _run_wave(
    steps: Sequence[Step], x: Tensor, source: Source, layout: int, out: Tensor | None
) -> Tensor:
    """Run steps over [T] as over [1, T], or [N, T] as [N, 1, T]: element e is the same."""
    if not steps and out is None:
        return x
    if out is None:
        return run(steps, x.unsqueeze(-2), source, layout).squeeze(-2)
    check_out(out, x, wants_grad(x))
    if out.shape != x.shape:
        raise ValueError(f"out must be {[*x.shape]}, got {[*out.shape]}")
    run(steps, x.unsqueeze(-2), source, layout, out.unsqueeze(-2))
    return out


def run(
    steps: Sequence[Step],
    x: Tensor,
    source: Source,
    layout: int = ops.PRESERVE,
    out: Tensor | None = None,
) -> Tensor:
    """Run compiled steps over one tensor.

    Args:
        steps: from `compile_steps`.
        x: [..., C, H, W] or [..., H, W]; with N keys the first dimension is N. Without geometry
            a sample may be [T], too.
        source: one key for the whole tensor, or N keys.
        layout: of the result.
        out: written into and returned; else a new tensor is.

    Returns:
        The result; `x` itself where nothing is to be done to it.

    Raises:
        TypeError: `x` or `out` is no plain tensor.
        ValueError: shapes, keys or `out` don't fit.
    """
    if x.is_nested:  # the rest the operators refuse; such a one can't be asked for its shape
        check_dense(x)
    if x.dim() < 3 and _is_wave(steps, x, source):
        return _run_wave(steps, x, source, layout, out)
    check_source(source, x)
    if not steps and (out is not None or layout != ops.PRESERVE):
        steps = [Step(*NOTHING, x.dtype)]
    if out is not None:
        check_out(out, x, wants_grad(x))
        *steps, last = steps
    for step in steps:  # each in the layout of the result: a clamp, the last perhaps, keeps it
        x = run_step(step, x, source, layout)
    return x if out is None else _run_out(last, x, source, out)


def _check_result(out: Tensor, step: Step) -> None:
    if out.dtype != step.dtype:
        raise ValueError(f"out must have the dtype of the result, {step.dtype}, got {out.dtype}")


def _run_out(step: Step, x: Tensor, source: Source, out: Tensor) -> Tensor:
    _check_result(out, step)
    try:
        ops.augment_out(x, key_tensor(source, x.device), step.program, step.values, out)
    except RuntimeError as error:
        _explain(error, step, source, x)
        raise
    return out


def run_list(
    steps: Sequence[Step],
    images: list[Tensor],
    keys: Tensor,
    layout: int = ops.PRESERVE,
    out: Tensor | None = None,
) -> Tensor:
    """Run compiled steps over N images of different sizes, into one batch.

    Args:
        steps: from `compile_steps`; they must bring every image to one size (a crop does).
        images: N tensors [C, Hi, Wi] of one dtype and device.
        keys: int64 [N, 3].
        layout, out: as in `run`.

    Returns:
        [N, C, h, w].

    Raises:
        TypeError: an image or `out` is no plain tensor.
        ValueError: as many keys as images are wanted; or results differ in size.
    """
    check_count(images, keys)
    if out is not None:
        check_out(out, images[0], any(map(wants_grad, images)))
    for image in images:
        if image.is_nested:
            check_dense(image)
        check_source(keys[0], image)
    if steps and fixes_size(steps[0].program) and not any(wants_grad(image) for image in images):
        first, rest = steps[0], steps[1:]
        try:
            if out is None:
                at = ops.PRESERVE if rest else layout
                pooled = _pooled(first, images[0], at, len(images))
            else:
                pooled = None if rest else out
            if pooled is not None:
                _check_result(pooled, first)
                ops.augment_list_out(images, keys, first.program, first.values, pooled)
                return run(rest, pooled, keys, layout, out) if rest else pooled
            made = ops.augment_list(
                images, keys, first.program, first.values, first.dtype, 0 if rest else layout
            )
        except RuntimeError as error:
            for image, key in zip(images, keys, strict=True):
                _explain(error, first, key, image)
            raise
        return run(rest, made, keys, layout, out) if rest else made
    kinds = sorted({f"{image.dtype} on {image.device}" for image in images})
    if len(kinds) > 1:
        raise ValueError(f"a list of images must have one dtype and device, got {', '.join(kinds)}")
    each = [run(steps, image, key) for image, key in zip(images, keys, strict=True)]
    return run([], stack(each), keys, layout, out)


def check_count(images: Sequence[Tensor], keys: Tensor) -> None:
    """Check that a list of images isn't empty, and has as many keys.

    Raises:
        ValueError: it doesn't.
    """
    if not images:
        raise ValueError("the list of images is empty: an empty batch is a tensor [0, C, H, W]")
    if len(images) != len(keys):
        raise ValueError(f"{len(images)} images need {len(images)} keys, got {len(keys)}")


def stack(images: Sequence[Tensor]) -> Tensor:
    """One batch of images.

    Raises:
        ValueError: they differ in shape.
    """
    sizes = sorted({(one.shape[-2], one.shape[-1]) for one in images})
    if len(sizes) > 1:
        shown = ", ".join(f"{height}x{width}" for height, width in sizes)
        raise ValueError(
            f"images of different sizes ({shown}) don't make one batch; end with a crop to one size"
        )
    shapes = sorted({str([*one.shape]) for one in images})
    if len(shapes) > 1:
        raise ValueError(f"images of different shapes don't make one batch: {', '.join(shapes)}")
    return torch.stack([*images])
