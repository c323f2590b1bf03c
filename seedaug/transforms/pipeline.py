"""Runs transforms that compile to programs: alone, or fused in a Compose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten

from seedaug import ops, program
from seedaug.apply import (
    Source,
    key_tensor,
    resolve_keys,
    run,
    run_list,
    single,
    wants_grad,
)
from seedaug.context import Sample, current
from seedaug.interop import torchvision
from seedaug.program import Instruction, Step, check_shape, compile_steps, output_size
from seedaug.transforms.base import (
    PER_STAGE,
    Size,
    Transform,
    explicit_occurrences,
    need_keys,
    split_keys,
)
from seedaug.transforms.sample import SHAPES, find_roles, find_size, from_tensor, to_tensor

__all__ = ["Pipeline", "ProgramTransform"]

Placed: TypeAlias = list[tuple[Instruction, int]]
Entries: TypeAlias = list[tuple[str, dict[str, Any]]]
"""What `params` reports of one sample: each transform's name and parameters."""

_CACHE_LIMIT = 512
_changes = (
    0  # how often an attribute of a live transform was set anew; plans older than that are stale
)


class ProgramTransform(Transform):
    """A transform that is one instruction of a program."""

    def instruction(self, target: type) -> Instruction | None:
        """The instruction for a leaf of type `target`; None if there is nothing to do for it.

        Raises:
            TypeError, ValueError: an argument is not what it should be.
        """
        raise NotImplementedError

    @property
    def use(self) -> tuple[int, str] | None:
        """The kind and name under which this transform draws; None if it never does."""
        return (self.kind, type(self).__name__) if self.kind in program.DRAWING else None

    @property
    def typed(self) -> bool:
        """Whether the instruction depends on the leaf's type (an argument is a dict)."""
        return False

    def convert(self, leaf: Any) -> Any:
        """What this transform does to masks, boxes and keypoints besides its geometry."""
        return leaf

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__ and name != "training":
            global _changes
            _changes += 1
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_pipeline"}

    @property
    def pipeline(self) -> Pipeline:
        """This transform alone, as what runs it."""
        found: Pipeline | None = self.__dict__.get("_pipeline")
        if found is None:
            found = self.__dict__["_pipeline"] = Pipeline([self])
        return found

    def forward(
        self,
        *inputs: Any,
        keys: Any = None,
        view: int = 0,
        stage: int = 0,
        same_on_batch: bool = False,
        out: Tensor | None = None,
    ) -> Any:
        """As `Transform.forward`; a single tensor's result is written into `out`."""
        if keys is None and len(inputs) == 1 and out is None:
            if view or stage or same_on_batch:
                need_keys(view, stage, same_on_batch)
            return self.pipeline.in_context(inputs, current())
        inputs, keys = split_keys(inputs, keys)
        if keys is None:
            need_keys(view, stage, same_on_batch)
            return self.pipeline.in_context(inputs, current(), out)
        source = resolve_keys(keys, same_on_batch)
        occurrences = explicit_occurrences([self.use], view, stage)
        return self.pipeline.under(inputs, source, occurrences, out)

    def params(self, keys: Any, size: Size | None = None, *, view: int = 0, stage: int = 0) -> Any:
        """As `Transform.params`."""
        source = resolve_keys(keys)
        occurrences = explicit_occurrences([self.use], view, stage)
        entries, _ = self.pipeline.entries(source, occurrences, size)
        return name_entries(entries, single_key=single(source) is not None)


def name_entries(entries: list[Entries], single_key: bool) -> Any:
    """Dicts by name, the second entry of one name as ``name[1]``; one dict for a single key."""
    named = []
    for sample in entries:
        by_name: dict[str, dict[str, Any]] = {}
        seen: dict[str, int] = {}
        for name, parameters in sample:
            count = seen.get(name, 0)
            seen[name] = count + 1
            by_name[f"{name}[{count}]" if count else name] = parameters
        named.append(by_name)
    return named[0] if single_key else named


def _entry(instruction: Instruction, row: Sequence[int]) -> tuple[str, dict[str, Any]]:
    """A row of the `params` op, readable."""
    kind = instruction.kind
    name = program.NAMES[kind]
    if kind in (program.HORIZONTAL_FLIP, program.VERTICAL_FLIP):
        return name, {"flipped": bool(row[0])}
    top, left, *padding = row
    if kind == program.PAD:
        return name, {"padding": tuple(padding)}
    height, width = instruction.head[:2]
    return name, {
        "top": top,
        "left": left,
        "height": height,
        "width": width,
        "padding": tuple(padding),
    }


class Pipeline:
    """Program transforms in a row, their compiled steps kept by element type and occurrences.

    Args:
        transforms: in order.
        layout: of images that come out.
    """

    def __init__(self, transforms: Sequence[ProgramTransform], layout: int = ops.PRESERVE) -> None:
        self.transforms = list(transforms)
        self.layout = layout
        self.uses: dict[int, int] = {}
        for transform in self.transforms:
            if transform.use is not None:
                self.uses[transform.kind] = self.uses.get(transform.kind, 0) + 1
        self.within_limit = all(count <= PER_STAGE for count in self.uses.values())
        self.version = -1
        self.refresh()

    def refresh(self) -> None:
        """Forget compiled steps: a transform was changed."""
        if self.version == _changes:
            return
        self.version = _changes
        self.typed = any(transform.typed for transform in self.transforms)
        self.sized = any(t.kind == program.RANDOM_CROP for t in self.transforms)
        uses = [transform.use for transform in self.transforms]
        fits = self.within_limit
        self.first = [explicit_occurrences(uses, 0, stage) if fits else () for stage in (0, 1)]
        self.fast: dict[Any, list[tuple[list[int], list[float], torch.dtype, int]]] = {}
        self.plans: dict[Any, list[Step]] = {}

    # --- Plans ---

    def placed(self, target: type, geometry_only: bool, occurrences: Sequence[int]) -> Placed:
        """The instructions for a leaf of type `target`, with their occurrences."""
        found = [
            (transform.instruction(target), occurrence)
            for transform, occurrence in zip(self.transforms, occurrences, strict=True)
            if not geometry_only or transform.kind in program.GEOMETRY
        ]
        return [(instruction, at) for instruction, at in found if instruction is not None]

    def steps(
        self, x: Tensor, target: type, geometry_only: bool, occurrences: tuple[int, ...]
    ) -> list[Step]:
        """The compiled steps for one leaf."""
        grad = wants_grad(x)
        if torch.compiler.is_compiling():  # a cache would be a side effect of tracing
            return compile_steps(self.placed(target, geometry_only, occurrences), x.dtype, grad)
        self.refresh()
        at = (target if self.typed else None, geometry_only, x.dtype, occurrences, grad)
        steps = self.plans.get(at)
        if steps is None:
            steps = compile_steps(self.placed(target, geometry_only, occurrences), x.dtype, grad)
            if len(self.plans) >= _CACHE_LIMIT:
                self.plans.clear()
            self.plans[at] = steps
        return steps

    def _fast_steps(
        self, x: Tensor, occurrences: tuple[int, ...]
    ) -> list[tuple[list[int], list[float], torch.dtype, int]]:
        steps = self.steps(x, Tensor, False, occurrences)
        last = len(steps) - 1
        made = [(*s, self.layout if i == last else ops.PRESERVE) for i, s in enumerate(steps)]
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

    def in_context(self, inputs: tuple[Any, ...], sample: Sample, out: Tensor | None = None) -> Any:
        """Apply to one sample under its context. One plain tensor takes the short way."""
        if self.version != _changes:
            self.refresh()
        occurrences = self.take(sample)
        x = inputs[0] if len(inputs) == 1 else None
        if type(x) is not Tensor or out is not None or x.requires_grad or x.is_cuda:
            return self.under(inputs, sample.packed, occurrences, out)
        steps = self.fast.get((x.dtype, occurrences)) or self._fast_steps(x, occurrences)
        seed, lo, hi = sample.packed
        try:
            for numbers, values, dtype, layout in steps:
                x = ops.augment_key(x, seed, lo, hi, numbers, values, dtype, layout)
        except RuntimeError:  # again, the way that explains what is wrong
            return self.under(inputs, sample.packed, occurrences)
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
                if not x:
                    raise ValueError(
                        "the list of images is empty: an empty batch is a tensor [0, C, H, W]"
                    )
                steps = self.steps(x[0], Tensor, False, occurrences)
                return run_list(steps, x, source, self.layout, out)
        if out is not None:
            raise ValueError("out= goes with a single tensor, or a list of them under N keys")
        leaves, structure = tree_flatten(inputs if len(inputs) > 1 else inputs[0])
        return tree_unflatten(self._leaves(leaves, source, occurrences), structure)

    def _leaves(self, leaves: list[Any], source: Source, occurrences: tuple[int, ...]) -> list[Any]:
        roles = find_roles(leaves)
        batched = isinstance(source, Tensor) and source.dim() == 2
        if self.sized:
            find_size(leaves, roles, batched)
        done = list(leaves)
        for i, (leaf, role) in enumerate(zip(leaves, roles, strict=True)):
            if not role:
                continue
            if role in SHAPES:
                done[i] = self._shape(leaf, source, occurrences)
            else:
                done[i] = self._pixels(leaf, role, source, occurrences, batched)
            if role in SHAPES or role == "mask":
                for transform in self.transforms:
                    done[i] = transform.convert(done[i])
        return done

    def _pixels(
        self, leaf: Any, role: Any, source: Source, occurrences: tuple[int, ...], batched: bool
    ) -> Any:
        """One image or mask."""
        if role == "pil":
            self._check_pil(batched)
        x = to_tensor(leaf, role, batched)
        mask = role == "mask"
        steps = self.steps(x, type(leaf), mask, occurrences)
        made = run(steps, x, source, ops.PRESERVE if mask else self.layout)
        return leaf if made is x else from_tensor(made, leaf, role, batched)

    def _check_pil(self, batched: bool) -> None:
        if batched:
            raise TypeError("a PIL image can't be a batch of samples under N keys")
        for transform in self.transforms:
            if transform.kind not in program.GEOMETRY:
                raise TypeError(
                    f"{type(transform).__name__} does not support PIL images: "
                    "put PILToTensor() or ToTensor() before it"
                )

    def _shape(self, leaf: Any, source: Source, occurrences: tuple[int, ...]) -> Any:
        """One BoundingBoxes or KeyPoints."""
        packed = single(source)
        if packed is None:
            raise TypeError(
                f"{type(leaf).__name__} need one key: under N keys transform sample by sample"
            )
        placed = self.placed(type(leaf), True, occurrences)
        (rows,), _ = self._rows(placed, packed, leaf.canvas_size)
        instructions = [instruction for instruction, _ in placed]
        return torchvision.apply_geometry(leaf, instructions, rows)

    # --- Parameters ---

    def _rows(
        self, placed: Placed, source: Source, size: Size
    ) -> tuple[list[list[list[int]]], Size]:
        """Rows of the `params` op for each sample, and the size that geometry leaves."""
        height, width = size
        keys = key_tensor(source)
        rows: list[list[list[int]]] = [[] for _ in range(len(keys) if keys.dim() == 2 else 1)]
        for numbers, values, _ in compile_steps(placed, torch.uint8):
            check_shape(numbers, (height, width), channels_known=False)
            drawn = ops.params(keys, numbers, values, height, width).tolist()
            for sample, more in zip(rows, drawn, strict=True):
                sample += more
            after = output_size(numbers, height, width)
            height, width = int(after[0]), int(after[1])
        return rows, (height, width)

    def entries(
        self, source: Source, occurrences: tuple[int, ...], size: Size | None
    ) -> tuple[list[Entries], Size | None]:
        """What `params` reports of each sample, and the size after this pipeline."""
        placed = self.placed(Tensor, True, occurrences)
        instructions = [instruction for instruction, _ in placed]
        flips = (program.HORIZONTAL_FLIP, program.VERTICAL_FLIP)
        if size is None and any(instruction.kind not in flips for instruction in instructions):
            raise ValueError("params needs size=(height, width): crops and pads depend on it")
        rows, after = self._rows(placed, source, size or (1, 1))
        entries = [
            [
                _entry(instruction, row)
                for instruction, row in zip(instructions, sample, strict=True)
            ]
            for sample in rows
        ]
        return entries, after if size else None


def is_image_list(x: Any) -> bool:
    """Whether `x` is a list of images [C, H, W] or [H, W] that N keys make one batch of."""
    return type(x) is list and all(type(one) is Tensor and one.dim() in (2, 3) for one in x)
