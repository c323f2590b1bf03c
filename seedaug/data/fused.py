"""Whole batches of a SeededDataset by one native call, where its transform ends in a program.

Samples are fetched one by one, each under its key, and so is whatever comes before the program.
The program then runs over all of them and writes straight into the batch. Where the samples don't
allow that, the batch is made one by one; the bytes are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seedaug import ops
from seedaug.apply import wants_grad
from seedaug.data.buffers import Buffers, alias
from seedaug.key import Packed
from seedaug.program import COPY, Step, encode, output_size
from seedaug.transforms.compose import Compose
from seedaug.transforms.pipeline import Pipeline
from seedaug.transforms.sample import Role, find_roles, from_tensor, to_tensor

__all__ = ["BatchInMaking", "Fetched", "Plan", "Plans", "empty_batch", "fusable", "only_step"]

CHUNK = 1 << 22  # bytes of fetched images that wait until they are augmented together


class Plan(NamedTuple):
    """What makes an image: calls for each sample, then a program for the batch."""

    before: Sequence[Any]
    pipeline: Pipeline


class Plans:
    """Finds the plan of a transform; torchvision's Compose is read as ours."""

    def __init__(self) -> None:
        self._given: tuple[Any, ...] = ()
        self._read: Compose | None = None

    def find(self, transform: Any) -> Plan | None:
        """The plan of a transform that ends in a program, or None."""
        if _is_torchvision_compose(transform):
            transform = self._as_ours(tuple(transform.transforms))
        parts = getattr(transform, "parts", None)
        found: Any = parts() if callable(parts) else None
        if not found or not isinstance(found[-1], Pipeline):
            return None
        return Plan(found[:-1], found[-1])

    def _as_ours(self, given: tuple[Any, ...]) -> Compose | None:
        known = len(given) == len(self._given)
        if not known or any(a is not b for a, b in zip(given, self._given, strict=True)):
            self._given = given
            try:
                self._read = Compose(given)
            except (TypeError, ValueError):  # calling it will say what is wrong
                self._read = None
        return self._read


def _is_torchvision_compose(transform: Any) -> bool:
    kind = type(transform)
    if kind.__name__ != "Compose" or not kind.__module__.startswith("torchvision.transforms."):
        return False
    hooks = [getattr(transform, name, None) for name in ("_forward_hooks", "_forward_pre_hooks")]
    return not any(hooks)


def fusable(x: Tensor) -> bool:
    """Whether a batch can be made of such images: on the CPU, dense, without a gradient."""
    return x.device.type == "cpu" and x.layout == torch.strided and not wants_grad(x)


def only_step(
    pipeline: Pipeline, x: Tensor, target: type, occurrences: tuple[int, ...]
) -> Step | None:
    """The one call that runs a pipeline over such an image, or None if it takes several."""
    steps = pipeline.steps(x, target, False, occurrences)
    if not steps:
        return Step(*encode([(COPY, 0)]), x.dtype)
    return steps[0] if len(steps) == 1 and steps[0].program else None


def empty_batch(
    buffers: Buffers, count: int, step: Step, shape: Sequence[int], innermost: bool
) -> Tensor:
    """Memory for `count` results, [N, ..., C, H, W], from images [..., C, H, W] or [H, W].

    Args:
        buffers: where it comes from.
        count: N.
        step: what makes the results.
        shape: of one image.
        innermost: put the channels side by side in memory.

    Raises:
        RuntimeError, ValueError: there is no such batch.
    """
    size = [count, *shape[:-2], *map(int, output_size(step.program, *shape[-2:]))]
    if innermost and len(shape) > 2:
        *outer, channels, height, width = size
        made = buffers.empty(step.dtype, [*outer, height, width, channels])
        return alias(made, made.movedim(-1, -3))
    return buffers.empty(step.dtype, size)


class Fetched(NamedTuple):
    """An image before its program, and what the program draws from."""

    image: Any
    packed: Packed
    occurrences: tuple[int, ...]


class BatchInMaking:
    """The images of one batch, augmented a chunk at a time.

    Args:
        count: how many there will be.
        pipeline: the program.
        buffers: where the batch will lie.
        name_sample: told of an error and whose it is.
    """

    def __init__(
        self,
        count: int,
        pipeline: Pipeline,
        buffers: Buffers,
        name_sample: Callable[[Exception, Packed], None],
    ) -> None:
        self.count = count
        self.pipeline = pipeline
        self.buffers = buffers
        self.name_sample = name_sample
        self._alone: list[Any] | None = None  # images, once they are made one by one
        self._batch: Tensor | None = None  # [N, ..., H, W]
        self._like: Any = None  # the first image, and
        self._role: Role = ""  # its role
        self._done = 0
        self._waiting: list[Fetched] = []
        self._bytes = 0

    def add(self, fetched: Fetched) -> None:
        """Take the next image; it is augmented now, or with those that follow."""
        self._waiting.append(fetched)
        self._bytes += getattr(fetched.image, "nbytes", CHUNK)
        if self._bytes >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Augment what waits."""
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        if not waiting or (self._alone is None and self._together(waiting)):
            return
        if self._alone is None:
            self._alone = self._views()
        for image, packed, occurrences in waiting:
            try:
                self._alone.append(self.pipeline.under((image,), packed, occurrences))
            except Exception as error:
                self.name_sample(error, packed)
                raise

    def whole(self) -> Tensor | None:
        """The batch as its images collate, of arrays [N, H, W, C]; None if it isn't one."""
        if self._alone is not None or self._batch is None:
            return None
        if self._role == "array" and self._like.ndim > 2:
            return alias(self._batch, self._batch.movedim(-3, -1))
        return self._batch

    def images(self) -> list[Any]:
        """The images one by one, each of the type that it came in; mostly views of the batch."""
        return self._views() if self._alone is None else self._alone

    def _views(self) -> list[Any]:
        if self._batch is None:
            return []
        done = self._batch[: self._done].unbind(0)
        if type(self._like) is Tensor:
            return [*done]
        return [from_tensor(view, self._like, self._role) for view in done]

    def _together(self, waiting: Sequence[Fetched]) -> bool:
        """Augment images by one call; False if they don't allow it."""
        images = self._tensors(waiting)
        if images is None:
            return False
        first = waiting[0]
        step = only_step(self.pipeline, images[0], type(first.image), first.occurrences)
        if step is None or (self._role == "array" and step.dtype == torch.bfloat16):
            return False
        if self._batch is not None and self._batch.dtype != step.dtype:
            return False
        keys = torch.tensor([one.packed for one in waiting], dtype=torch.int64)
        try:
            if self._batch is None:
                innermost = self._role == "array" or self.pipeline.layout == ops.CHANNELS_LAST
                shape = images[0].shape
                self._batch = empty_batch(self.buffers, self.count, step, shape, innermost)
            part = self._batch[self._done : self._done + len(images)]
            ops.augment_list_out(images, keys, step.program, step.values, part)
        except (RuntimeError, ValueError):  # one by one they are right, or the error is explained
            return False
        self._done += len(images)
        return True

    def _tensors(self, waiting: Sequence[Fetched]) -> list[Tensor] | None:
        """The images as tensors that one call takes, or None."""
        if self._like is None:
            self._like = waiting[0].image
            (self._role,) = find_roles([self._like])
        if self._role not in ("tensor", "image", "array"):
            return None
        kind, occurrences = type(self._like), waiting[0].occurrences
        images: list[Tensor] = []
        for image, _, its_occurrences in waiting:
            same = its_occurrences is occurrences or its_occurrences == occurrences
            if type(image) is not kind or not same:
                return None
            try:
                x = image if kind is Tensor else to_tensor(image, self._role)
            except (TypeError, ValueError):
                return None
            # The op takes images of one type and device only, so that of bytes on the CPU the
            # first speaks for all.
            if (not images or x.is_floating_point()) and not fusable(x):
                return None
            images.append(x)
        return images
