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

__all__ = ["BatchInMaking", "Plan", "Plans", "empty_batch", "fusable", "only_step"]

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
    pipeline: Pipeline,
    x: Tensor,
    target: type,
    occurrences: tuple[int, ...],
    mask: bool = False,
) -> Step | None:
    """The one call that runs a pipeline over such an image, or None if it takes several."""
    steps = pipeline.steps(x, target, mask, occurrences)
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


class BatchInMaking:
    """The images, or masks, of one batch, augmented a chunk at a time.

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
        # What waits: images, and what each is drawn from.
        self._images: list[Any] = []
        self._keys: list[Packed] = []
        self._occurrences: list[tuple[int, ...]] = []
        self._bytes = 0

    def add(self, image: Any, packed: Packed, occurrences: tuple[int, ...]) -> None:
        """Take the next image; it is augmented now, or with those that follow."""
        self._images.append(image)
        self._keys.append(packed)
        self._occurrences.append(occurrences)
        self._bytes += getattr(image, "nbytes", CHUNK)
        if self._bytes >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Augment what waits."""
        if self._images and (self._alone is not None or not self._together()):
            self._one_by_one()
        self._images, self._keys, self._occurrences, self._bytes = [], [], [], 0

    def _one_by_one(self) -> None:
        if self._alone is None:
            self._alone = self._views()
        each = zip(self._images, self._keys, self._occurrences, strict=True)
        for image, packed, occurrences in each:
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

    def _together(self) -> bool:
        """Augment what waits by one call; False if it does not allow that."""
        occurrences = self._occurrences[0]
        if any(other is not occurrences and other != occurrences for other in self._occurrences):
            return False
        images = self._tensors()
        if images is None:
            return False
        mask = self._role == "mask"
        step = only_step(self.pipeline, images[0], type(self._like), occurrences, mask)
        if step is None or (self._role == "array" and step.dtype == torch.bfloat16):
            return False
        if self._batch is not None and self._batch.dtype != step.dtype:
            return False
        keys = torch.tensor(self._keys, dtype=torch.int64)
        try:
            if self._batch is None:
                channels_last = self.pipeline.layout == ops.CHANNELS_LAST and not mask
                innermost = channels_last or self._role == "array"
                shape = images[0].shape
                self._batch = empty_batch(self.buffers, self.count, step, shape, innermost)
            part = self._batch[self._done : self._done + len(images)]
            ops.augment_list_out(images, keys, step.program, step.values, part)
        except (RuntimeError, ValueError):  # one by one they are right, or the error is explained
            return False
        self._done += len(images)
        return True

    def _tensors(self) -> list[Tensor] | None:
        """The waiting images as tensors that one call takes, or None."""
        if self._like is None:
            self._like = self._images[0]
            (self._role,) = find_roles([self._like])
        kind = type(self._like)
        if self._role not in ("tensor", "image", "array", "mask"):
            return None
        if self._role == "mask":
            converts = (t.convert(self._like) is not self._like for t in self.pipeline.transforms)
            if any(converts):
                return None
        if any(type(image) is not kind for image in self._images):
            return None
        images: list[Tensor] = self._images
        if kind is not Tensor:
            try:
                images = [to_tensor(image, self._role) for image in images]
            except (TypeError, ValueError):
                return None
        # The op takes images of one type and device only: where none has a gradient, because they
        # hold integers, the first speaks for all.
        asked = images if images[0].is_floating_point() else images[:1]
        return images if all(map(fusable, asked)) else None
