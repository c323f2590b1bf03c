"""Augments the images of a batch straight into the batch, where a transform ends in a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seedaug import ops
from seedaug.apply import wants_grad
from seedaug.buffers import Empty, empty_images
from seedaug.interop import torchvision
from seedaug.key import Packed
from seedaug.program import NOTHING, Step, output_size
from seedaug.torch_compat import hooks_for_all
from seedaug.transforms.compose import Compose
from seedaug.transforms.pipeline import Pipeline
from seedaug.transforms.sample import Role, find_roles, from_tensor, to_tensor

__all__ = [
    "BatchInMaking",
    "Empty",
    "Plan",
    "Plans",
    "fusable",
    "only_step",
    "result_size",
    "rows_of",
]


class Plan(NamedTuple):
    """What makes an image: calls for each sample, then a program."""

    before: Sequence[Any]
    pipeline: Pipeline


class Plans:
    """Finds the plan of a transform; torchvision's Compose is read as ours."""

    def __init__(self) -> None:
        self._read: tuple[tuple[Any, ...], Compose | None] = ((), None)

    def find(self, transform: Any) -> Plan | None:
        """The plan of a transform that ends in a program, or None."""
        if hooks_for_all():
            return None
        if _is_torchvision_compose(transform):
            transform = self._as_ours(tuple(transform.transforms))
        parts = getattr(transform, "parts", None)
        found: Any = parts() if callable(parts) else None
        if not found or not isinstance(found[-1], Pipeline):
            return None
        return Plan(found[:-1], found[-1])

    def _as_ours(self, given: tuple[Any, ...]) -> Compose | None:
        known, ours = self._read
        if len(given) != len(known) or any(a is not b for a, b in zip(given, known, strict=True)):
            try:
                ours = Compose(given)
            except (TypeError, ValueError):  # calling it will say what is wrong
                ours = None
            self._read = given, ours
        return ours


def _is_torchvision_compose(transform: Any) -> bool:
    kind = type(transform)
    if kind.__name__ != "Compose" or not kind.__module__.startswith("torchvision.transforms."):
        return False
    own = getattr(transform, "__dict__", {})
    return not any(own.get(name) for name in ("_forward_hooks", "_forward_pre_hooks", "forward"))


def fusable(x: Tensor) -> bool:
    """Whether a batch can be made of such images: on the CPU, dense, without a gradient."""
    return x.is_cpu and x.layout == torch.strided and x.dim() > 1 and not wants_grad(x)


def only_step(
    pipeline: Pipeline,
    x: Tensor,
    target: type,
    occurrences: tuple[int, ...],
    mask: bool = False,
) -> Step | None:
    """The one call that runs a pipeline over such an image, or None if it takes several."""
    steps = pipeline.steps(x, target, mask, occurrences)
    if not steps:
        return Step(*NOTHING, x.dtype)
    return steps[0] if len(steps) == 1 and steps[0].program else None


def result_size(step: Step, shape: Sequence[int]) -> list[int]:
    """What comes out of a step for an image of `shape`, [..., H, W]."""
    height, width = output_size(step.program, shape[-2], shape[-1])
    return [*shape[:-2], int(height), int(width)]


def rows_of(batch: Tensor) -> list[Tensor]:
    """Its rows, in the same memory, but as tensors of their own: autograd knows of no batch."""
    storage, step, rest = batch.untyped_storage(), batch.stride(0), batch.stride()[1:]
    rows: list[Any] = [torch.empty(0, dtype=batch.dtype, device="cpu") for _ in range(len(batch))]
    for place, row in enumerate(rows):
        row.set_(storage, batch.storage_offset() + place * step, batch.shape[1:], rest)
    return rows


class BatchInMaking:
    """The images, or masks, of one batch; each is augmented as soon as it is there.

    None waits for another: the next sample may be read into the same memory.

    Args:
        count: how many there will be.
        pipeline: the program.
        empty: gives memory for the batch.
    """

    def __init__(self, count: int, pipeline: Pipeline, empty: Empty) -> None:
        self.count = count
        self.pipeline = pipeline
        self.empty = empty
        self.memory: Tensor | None = None  # of the batch, contiguous
        self._alone: list[Any] | None = None  # images, once they don't go into the batch
        self._batch: Tensor | None = None  # [N, ..., H, W], in the memory
        self._like: Any = None  # the first image, and
        self._role: Role = ""  # its role
        self._done = 0
        self._step: tuple[Any, int] = ((), -1)  # what the program's number is for, and that number

    def add(self, image: Any, packed: Packed, occurrences: tuple[int, ...]) -> None:
        """Augment the next image."""
        if self._alone is None:
            if self._into_batch(image, packed, occurrences):
                self._done += 1
                return
            self._alone = self._views()
        self._alone.append(self.pipeline.under((image,), packed, occurrences))

    def whole(self) -> Tensor | None:
        """The batch as its images collate, of arrays [N, H, W, C]; None if it isn't one."""
        if self._alone is not None or self._batch is None:
            return None
        arrays = self._role == "array" and self._batch.dim() > 3
        return self._batch.movedim(-3, -1) if arrays else self._batch

    def images(self) -> list[Any]:
        """The images one by one, each of the type that it came in; mostly views of the batch."""
        return self._views() if self._alone is None else self._alone

    def _views(self) -> list[Any]:
        if self._batch is None:
            return []
        views = rows_of(self._batch)[: self._done]
        if type(self._like) is Tensor:
            return views
        return [from_tensor(view, self._like, self._role) for view in views]

    def _into_batch(self, image: Any, packed: Packed, occurrences: tuple[int, ...]) -> bool:
        """Augment an image into its place in the batch; False if it does not fit there."""
        kind = type(image)
        if self._done == 0 and self._like is None:
            self._like, self._role = image, _role_in_batches(image)
        if kind is not type(self._like) or not self._role:
            return False
        try:
            x = image if kind is Tensor else to_tensor(image, self._role)
            if not fusable(x):
                return False
            number = self._number(x, kind, occurrences)
            if number < 0:
                return False
            ops.augment_interned_out(x, *packed, number, self._batch, self._done)
        except (RuntimeError, TypeError, ValueError):  # by itself it is right, or explained
            return False
        return True

    def _number(self, x: Tensor, kind: type, occurrences: tuple[int, ...]) -> int:
        """The number of the program for `x`, or -1 if there is none that fits the batch."""
        at = (x.dtype, occurrences)
        if at == self._step[0]:
            return self._step[1]
        mask, layout = self._role == "mask", self.pipeline.layout
        if mask and any(t.convert(self._like) is not self._like for t in self.pipeline.transforms):
            return -1
        step = only_step(self.pipeline, x, kind, occurrences, mask)
        if step is None or (self._role == "array" and step.dtype == torch.bfloat16):
            return -1
        if self._batch is None:
            innermost = self._role == "array" or (layout == ops.CHANNELS_LAST and not mask)
            size = [self.count, *result_size(step, x.shape)]
            self.memory, self._batch = empty_images(self.empty, step.dtype, size, innermost)
        number = ops.intern(*step, ops.PRESERVE) if self._batch.dtype == step.dtype else -1
        self._step = at, number
        return number


def _role_in_batches(image: Any) -> Role:
    """The role of an image that can be part of a batch, or ""."""
    if type(image) is Tensor:
        return "tensor"
    if not isinstance(image, (Tensor, np.ndarray)):
        return ""
    (role,) = find_roles([image])
    tv = torchvision.module()
    own = isinstance(image, np.ndarray) or (tv is not None and isinstance(image, tv.TVTensor))
    return role if own and role in ("image", "array", "mask") else ""
