"""Runs transforms that compile to programs: alone, or fused in a Compose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor

from seedaug import ops
from seedaug.apply import (
    NO_KEY,
    Source,
    no_keys,
    packed_keys,
    run,
    run_list,
    single,
    wants_grad,
)
from seedaug.context import Sample, current
from seedaug.interop import torchvision
from seedaug.key import Packed
from seedaug.program import Step, compile_steps
from seedaug.schema import Instruction
from seedaug.torch_compat import tree_flatten, tree_unflatten
from seedaug.transforms.base import PER_STAGE, explicit_occurrences
from seedaug.transforms.drawn import Geometry
from seedaug.transforms.sample import (
    SHAPES,
    Role,
    check_samples,
    find_roles,
    find_size,
    from_tensor,
    is_image_list,
    is_list_of_samples,
    sample_sizes,
    to_tensor,
)

if TYPE_CHECKING:
    from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["Pipeline"]

Placed: TypeAlias = list[tuple[Instruction, int]]
_CACHE_LIMIT = 512


class Pipeline:
    """Program transforms in a row, their compiled steps kept by element type and occurrences.

    Args:
        transforms: in order.
        layout: of images that come out.
    """

    def __init__(self, transforms: Sequence[ProgramTransform], layout: int = ops.PRESERVE) -> None:
        self.transforms = list(transforms)
        self.maps = [transform for transform in self.transforms if transform.schema.is_map]
        self.layout = layout
        self.uses: dict[int, int] = {}
        for transform in self.transforms:
            if transform.use is not None:
                self.uses[transform.kind] = self.uses.get(transform.kind, 0) + 1
        self.still = (0,) * len(self.transforms)  # the occurrences where nothing is drawn
        self.within_limit = all(count <= PER_STAGE for count in self.uses.values())
        self.typed = any(transform.typed for transform in self.transforms)
        self.sized = any(t.schema.draws and t.schema.size != "same" for t in self.transforms)
        uses = [transform.use for transform in self.transforms]
        fits = self.within_limit
        self.first = [explicit_occurrences(uses, 0, stage) if fits else () for stage in (0, 1)]
        self.fast: dict[Any, list[int]] = {}
        self.plans: dict[Any, list[Step]] = {}
        self.geometries: dict[Any, Geometry] = {}

    # --- Plans ---

    def placed(self, target: type, geometry_only: bool, occurrences: Sequence[int]) -> Placed:
        """The instructions for a leaf of type `target`, with their occurrences."""
        found = [
            (transform.instruction(target), occurrence)
            for transform, occurrence in zip(self.transforms, occurrences, strict=True)
            if not geometry_only or transform.schema.is_map
        ]
        return [(instruction, at) for instruction, at in found if instruction is not None]

    def steps(
        self, x: Tensor, target: type, geometry_only: bool, occurrences: tuple[int, ...]
    ) -> list[Step]:
        """The compiled steps for one leaf."""
        grad = wants_grad(x)
        if torch.compiler.is_compiling():  # a cache would be a side effect of tracing
            return compile_steps(self.placed(target, geometry_only, occurrences), x.dtype, grad)
        at = (target if self.typed else None, geometry_only, x.dtype, occurrences, grad)
        steps = self.plans.get(at)
        if steps is None:
            steps = compile_steps(self.placed(target, geometry_only, occurrences), x.dtype, grad)
            if len(self.plans) >= _CACHE_LIMIT:
                self.plans.clear()
            self.plans[at] = steps
        return steps

    def geometry(self, target: type, occurrences: tuple[int, ...]) -> Geometry:
        """The geometry for leaves of type `target`, ready to draw from."""
        at = (target if self.typed else None, occurrences)
        found = self.geometries.get(at)
        if found is None:
            if len(self.geometries) >= _CACHE_LIMIT:
                self.geometries.clear()
            found = self.geometries[at] = Geometry(self.placed(target, True, occurrences))
        return found

    def _fast_steps(self, x: Tensor, occurrences: tuple[int, ...]) -> list[int]:
        """The steps as numbers that the library knows them by.

        It keeps a few thousand programs and forgets none: pipelines without end (a new one for each
        sigma of a schedule) come to those that it keeps no more, which are run by the way that
        encodes each call. That is slower, by some microseconds an image, and no leak.
        """
        steps = self.steps(x, Tensor, False, occurrences)
        last = len(steps) - 1
        made = [
            ops.intern(*step, self.layout if i == last else ops.PRESERVE)
            for i, step in enumerate(steps)
        ]
        if len(self.fast) >= _CACHE_LIMIT:
            self.fast.clear()
        self.fast[x.dtype, occurrences] = made
        return made

    # --- Calls ---

    def take(self, sample: Sample) -> tuple[int, ...]:
        """Take all transforms' occurrences from a sample, as calling them one by one would."""
        if not sample.counts and self.within_limit:
            sample.counts.update(self.uses)
            return self.first[sample.stage]
        uses = (transform.use for transform in self.transforms)
        return tuple(sample.take(*use) if use is not None else 0 for use in uses)

    def in_context(self, inputs: tuple[Any, ...], out: Tensor | None = None) -> Any:
        """Apply to one sample under its context, or to anything if nothing is drawn.

        Raises:
            seedaug.NoKeyError: something is drawn, and no sample is being made.
        """
        if self.uses:
            sample = current()
            return self._short(inputs, sample.packed, self.take(sample), out)
        x = inputs[0] if len(inputs) == 1 else None
        if type(x) is Tensor and (x.dim() > 3 or x.is_cuda):  # a batch, or no key to be sent there
            return self.under(inputs, no_keys(x), self.still, out)
        return self._short(inputs, NO_KEY, self.still, out)

    def _short(
        self,
        inputs: tuple[Any, ...],
        packed: Packed,
        occurrences: tuple[int, ...],
        out: Tensor | None,
    ) -> Any:
        """Apply under one key; one plain tensor takes the short way."""
        x = inputs[0] if len(inputs) == 1 else None
        if type(x) is not Tensor or out is not None or x.is_cuda or wants_grad(x) or x.dim() < 2:
            return self.under(inputs, packed, occurrences, out)
        if torch.compiler.is_compiling():
            return self.under(inputs, packed, occurrences)
        seed, lo, hi = packed
        try:
            steps = self.fast.get((x.dtype, occurrences)) or self._fast_steps(x, occurrences)
            if not steps and self.layout != ops.PRESERVE:  # nothing to do but to lay out
                return self.under(inputs, packed, occurrences)
            for number in steps:
                x = ops.augment_interned(x, seed, lo, hi, number)
        except RuntimeError:  # again, the way that explains what is wrong
            return self.under(inputs, packed, occurrences)
        return x

    def under(
        self,
        inputs: tuple[Any, ...],
        source: Source,
        occurrences: tuple[int, ...],
        out: Tensor | None = None,
    ) -> Any:
        """Apply under given keys and occurrences."""
        if len(inputs) == 1:
            x = inputs[0]
            if type(x) is Tensor:
                return run(self.steps(x, Tensor, False, occurrences), x, source, self.layout, out)
            if isinstance(source, Tensor) and source.dim() == 2 and is_image_list(x):
                steps = self._list_steps(x, occurrences)
                return run_list(steps, x, source, self.layout, out)
        if out is not None:
            raise ValueError("out= goes with a single tensor, or a list of them under N keys")
        many = isinstance(source, Tensor) and source.dim() == 2
        leaves, structure = tree_flatten(
            inputs if len(inputs) > 1 else inputs[0], is_list_of_samples if many else None
        )
        return tree_unflatten(self._leaves(leaves, source, occurrences), structure)

    def _list_steps(self, images: list[Tensor], occurrences: tuple[int, ...]) -> list[Step]:
        """The compiled steps for a list of images: differentiable if one of them asks for it."""
        asking = [image for image in images if wants_grad(image)]
        return self.steps([*asking, *images][0], Tensor, False, occurrences) if images else []

    def _leaves(self, leaves: list[Any], source: Source, occurrences: tuple[int, ...]) -> list[Any]:
        batched = isinstance(source, Tensor) and source.dim() == 2
        roles = find_roles(leaves, batched)
        if self.sized:
            find_size(leaves, roles, batched)
        done = list(leaves)
        for i, (leaf, role) in enumerate(zip(leaves, roles, strict=True)):
            if not role:
                continue
            if role == "samples":
                assert isinstance(source, Tensor)
                sizes = sample_sizes(leaves, roles, len(source))
                done[i] = self._samples(leaf, sizes, source, occurrences)
            elif role == "images":
                assert isinstance(source, Tensor)
                steps = self._list_steps(leaf, occurrences)
                done[i] = run_list(steps, leaf, source, self.layout)
            else:
                done[i] = self._leaf(leaf, role, source, occurrences, batched)
        return done

    def _leaf(
        self, leaf: Any, role: Role, source: Source, occurrences: tuple[int, ...], batched: bool
    ) -> Any:
        """One image, mask, BoundingBoxes or KeyPoints."""
        if role in SHAPES:
            leaf = self._shape(leaf, source, occurrences)
        else:
            leaf = self._pixels(leaf, role, source, occurrences, batched)
        if role in SHAPES or role == "mask":
            for transform in self.transforms:
                leaf = transform.convert(leaf)
        return leaf

    def _samples(
        self,
        listed: Sequence[Any],
        sizes: list[tuple[int, int]],
        keys: Tensor,
        occurrences: tuple[int, ...],
    ) -> Any:
        """Boxes, keypoints and masks of N samples, each under its own key.

        Raises:
            ValueError: they aren't N, or one is of another size than its image.
        """
        check_samples(listed, len(keys))
        done = []
        for n, (sample, packed) in enumerate(zip(listed, packed_keys(keys), strict=True)):
            leaves, structure = tree_flatten(sample)
            for i, (leaf, role) in enumerate(
                zip(leaves, find_roles(leaves, any_shape=True), strict=True)
            ):
                if role not in SHAPES and role != "mask":
                    continue
                if self.sized and role in SHAPES and sizes and leaf.canvas_size != sizes[n]:
                    raise ValueError(
                        f"sample {n}: {type(leaf).__name__} are of {leaf.canvas_size}, but its "
                        f"image is of {sizes[n]}"
                    )
                leaves[i] = self._leaf(leaf, role, packed, occurrences, False)
            done.append(tree_unflatten(leaves, structure))
        return tuple(done) if isinstance(listed, tuple) else done

    def _pixels(
        self, leaf: Any, role: Role, source: Source, occurrences: tuple[int, ...], batched: bool
    ) -> Any:
        """One image or mask."""
        if role == "pil":
            self._check_pil(batched)
            made = self._moved_by_pil(leaf, source, occurrences)
            if made is not None:
                return made
        x = to_tensor(leaf, role, batched)
        mask = role == "mask"
        steps = self.steps(x, type(leaf), mask, occurrences)
        y = run(steps, x, source, ops.PRESERVE if mask else self.layout)
        return leaf if y is x else from_tensor(y, leaf, role, batched)

    def _moved_by_pil(self, image: Any, source: Source, occurrences: tuple[int, ...]) -> Any | None:
        """A PIL image moved by PIL itself, with fewer copies; None if something is padded."""
        geometry = self.geometry(type(image), occurrences)
        (drawn,), _ = geometry.drawn(source, (image.height, image.width))
        moved: Any | None = image
        for transform, one in zip(self.maps, drawn, strict=True):
            moved = None if moved is None else transform.move_pil(moved, one)
        return moved

    def _check_pil(self, batched: bool) -> None:
        if batched:
            raise TypeError("a PIL image can't be a batch of samples under N keys")
        for transform in self.transforms:
            if not transform.schema.is_map:
                raise TypeError(
                    f"{type(transform).__name__} does not support PIL images: "
                    "put PILToTensor() or ToTensor() before it"
                )

    def _shape(self, leaf: Any, source: Source, occurrences: tuple[int, ...]) -> Any:
        """One BoundingBoxes or KeyPoints."""
        packed = single(source)
        if packed is None:
            raise TypeError(
                f"{type(leaf).__name__} need one key: under N keys give a list of N of them"
            )
        functional = torchvision.functional()
        (drawn,), _ = self.geometry(type(leaf), occurrences).drawn(packed, leaf.canvas_size)
        for transform, one in zip(self.maps, drawn, strict=True):
            leaf = transform.move_shape(leaf, one, functional)
        return leaf
