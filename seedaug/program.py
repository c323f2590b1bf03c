"""Programs: what a Compose compiles to, a list of numbers that one native op runs in one pass.

Encoded, instructions stand one after another as ``[kind, occurrence, n, n integers]``; floats
stand in a list of their own, to which some of those integers are offsets. A program is a
*segment*: no geometry may follow noise in it, and it has a greatest length. `compile_steps` cuts
a longer chain into several segments; where the cuts fall never changes a bit of the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch

from seedaug import _core

__all__ = ["Instruction", "Step", "check_shape", "compile_steps", "decode", "encode", "linear"]

KINDS: dict[str, int] = _core.KINDS
NAMES: dict[int, str] = {number: name for name, number in KINDS.items()}

RANDOM_CROP = KINDS["random_crop"]
CENTER_CROP = KINDS["center_crop"]
PAD = KINDS["pad"]
HORIZONTAL_FLIP = KINDS["horizontal_flip"]
VERTICAL_FLIP = KINDS["vertical_flip"]
TO_DTYPE = KINDS["to_dtype"]
NORMALIZE = KINDS["normalize"]
GAUSSIAN_NOISE = KINDS["gaussian_noise"]
CLAMP = KINDS["clamp"]

GEOMETRY = frozenset({RANDOM_CROP, CENTER_CROP, PAD, HORIZONTAL_FLIP, VERTICAL_FLIP})
DRAWING = frozenset({RANDOM_CROP, HORIZONTAL_FLIP, VERTICAL_FLIP, GAUSSIAN_NOISE})
"""Kinds that read words of their stream; only these take an occurrence."""

PAD_MODES = ("constant", "edge", "reflect", "symmetric")
DTYPES = (torch.uint8, torch.float16, torch.bfloat16, torch.float32)
"""The element types that arithmetic knows; a type's place here is its code in a program."""

CLASS_NAMES = {
    RANDOM_CROP: "RandomCrop",
    CENTER_CROP: "CenterCrop",
    PAD: "Pad",
    HORIZONTAL_FLIP: "RandomHorizontalFlip",
    VERTICAL_FLIP: "RandomVerticalFlip",
    TO_DTYPE: "ToDtype",
    NORMALIZE: "Normalize",
    GAUSSIAN_NOISE: "GaussianNoise",
    CLAMP: "clamp",
}


class Instruction(NamedTuple):
    """One instruction before its occurrence and the place of its floats are known.

    Encoded as ``head``, then, unless `tail` is None, the offset of `values`, then ``tail``.
    """

    kind: int
    head: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    tail: tuple[int, ...] | None = None


COPY = Instruction(PAD, (0, 0, 0, 0, 0), (), (0,))
"""Does nothing, for where a program that does nothing must still write a result."""


class Step(NamedTuple):
    """One native call: a program, its floats, and the element type it ends in.

    An empty `program` stands for a clamp to ``values``, run by torch so that it differentiates.
    """

    program: list[int]
    values: list[float]
    dtype: torch.dtype


def encode(placed: Iterable[tuple[Instruction, int]]) -> tuple[list[int], list[float]]:
    """Encode instructions and their occurrences into the two lists that an op takes."""
    program: list[int] = []
    values: list[float] = []
    for instruction, occurrence in placed:
        numbers = [*instruction.head]
        if instruction.tail is not None:
            numbers += [len(values), *instruction.tail]
        values += instruction.values
        program += [instruction.kind, occurrence, len(numbers), *numbers]
    return program, values


def decode(program: Sequence[int]) -> Iterator[tuple[int, int, Sequence[int]]]:
    """The ``(kind, occurrence, arguments)`` of each instruction of an encoded program."""
    at = 0
    while at < len(program):
        count = program[at + 2]
        yield program[at], program[at + 1], program[at + 3 : at + 3 + count]
        at += 3 + count


def linear(program: Sequence[int], values: Sequence[float]) -> tuple[list[int], list[float]]:
    """The derivative of an encoded program that has no clamps: no noise, no means, no fills."""
    numbers: list[int] = []
    floats = [*values]
    for kind, occurrence, args in decode(program):
        if kind == GAUSSIAN_NOISE:
            continue
        if kind == NORMALIZE:
            offset, count = args
            floats[offset : offset + count] = [0.0] * count
        if kind in (RANDOM_CROP, PAD):
            args = [*args[:-1], 0]
        numbers += [kind, occurrence, len(args), *args]
    return numbers, floats


def output_size(
    program: Sequence[int], height: int | torch.SymInt, width: int | torch.SymInt
) -> tuple[int | torch.SymInt, int | torch.SymInt]:
    """Height and width after an encoded program."""
    for kind, _, args in decode(program):
        if kind in (RANDOM_CROP, CENTER_CROP):
            height, width = args[0], args[1]
        elif kind == PAD:
            left, top, right, bottom = args[:4]
            height, width = height + top + bottom, width + left + right
    return height, width


def fixes_size(program: Sequence[int]) -> bool:
    """Whether images of any size come out of an encoded program with one size."""
    return any(kind in (RANDOM_CROP, CENTER_CROP) for kind, _, _ in decode(program))


def output_dtype(instruction: Instruction, dtype: torch.dtype) -> torch.dtype:
    """The element type after one instruction.

    Raises:
        TypeError: the instruction computes, and `dtype` is none that arithmetic knows.
    """
    if instruction.kind in GEOMETRY:
        return dtype
    if dtype not in DTYPES:
        raise TypeError(
            f"{CLASS_NAMES[instruction.kind]} computes with uint8, float16, bfloat16 or float32, "
            f"got {dtype}; convert the input with .to(torch.float32) first"
        )
    if instruction.kind == TO_DTYPE:
        return DTYPES[instruction.head[0]]
    if instruction.kind == NORMALIZE and dtype == torch.uint8:
        return torch.float32
    return dtype


class _Segments:
    """Collects instructions and closes a segment where one must end."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.steps: list[Step] = []
        self._restart()

    def _restart(self) -> None:
        self.placed: list[tuple[Instruction, int]] = []
        self.noisy = False
        self.geometries = self.floats = 0

    def close(self) -> None:
        if self.placed:
            self.steps.append(Step(*encode(self.placed), self.dtype))
            self._restart()

    def add(self, instruction: Instruction, occurrence: int) -> None:
        geometry = instruction.kind in GEOMETRY
        if (
            (geometry and (self.noisy or self.geometries == _core.MAX_GEOMETRY))
            or len(self.placed) == _core.MAX_INSTRUCTIONS
            or self.floats + len(instruction.values) > _core.MAX_VALUES
        ):
            self.close()
        self.placed.append((instruction, occurrence))
        self.dtype = output_dtype(instruction, self.dtype)
        self.noisy |= instruction.kind == GAUSSIAN_NOISE
        self.geometries += geometry
        self.floats += len(instruction.values)


def compile_steps(
    placed: Iterable[tuple[Instruction, int]], dtype: torch.dtype, differentiable: bool = False
) -> list[Step]:
    """Compile a chain of instructions into as few native calls as there can be.

    Args:
        placed: each instruction with its occurrence, in order.
        dtype: the input's element type.
        differentiable: the input requires a gradient. Clamps then become steps of their own,
            which torch differentiates, and a conversion to uint8 ends a segment.

    Returns:
        The steps; none if nothing is to be done.

    Raises:
        TypeError: an instruction that computes meets an element type it doesn't know.
    """
    segments = _Segments(dtype)
    for instruction, occurrence in placed:
        if instruction.kind == TO_DTYPE and segments.dtype == DTYPES[instruction.head[0]]:
            continue
        if differentiable and segments.dtype != torch.uint8:
            if instruction.kind == GAUSSIAN_NOISE and instruction.tail == (1,):
                segments.add(instruction._replace(tail=(0,)), occurrence)
                segments.close()
                segments.steps.append(Step([], [0.0, 1.0], segments.dtype))
                continue
            if instruction.kind == CLAMP:
                output_dtype(instruction, segments.dtype)
                segments.close()
                segments.steps.append(Step([], [*instruction.values], segments.dtype))
                continue
        segments.add(instruction, occurrence)
        if differentiable and segments.dtype == torch.uint8:
            segments.close()
    segments.close()
    return segments.steps


def _check_crop(args: Sequence[int], height: int, width: int) -> None:
    rows, columns, left, top, right, bottom, _, pad_if_needed = args[:8]
    height, width = height + top + bottom, width + left + right
    if not pad_if_needed and (rows > height or columns > width):
        raise ValueError(
            f"RandomCrop(size=({rows}, {columns})): the padded image is {height}x{width}; "
            "give a smaller size, padding=, or pad_if_needed=True"
        )


def _check_reach(kind: int, args: Sequence[int], height: int, width: int) -> None:
    """Reflecting pads can't be wider than what they reflect."""
    left, top, right, bottom = args[2:6] if kind == RANDOM_CROP else args[:4]
    mode = args[6] if kind == RANDOM_CROP else args[4]
    if kind == RANDOM_CROP and args[7]:
        rows = max(args[0] - (height + top + bottom), 0)
        columns = max(args[1] - (width + left + right), 0)
        top, bottom, left, right = top + rows, bottom + rows, left + columns, right + columns
    seam = 1 if PAD_MODES[mode] == "reflect" else 0
    if mode >= 2 and (max(top, bottom) > height - seam or max(left, right) > width - seam):
        raise ValueError(
            f"{CLASS_NAMES[kind]}(padding_mode={PAD_MODES[mode]!r}): an image of {height}x{width} "
            f"can be padded by at most {height - seam} rows and {width - seam} columns, "
            f"got (left, top, right, bottom) = {(left, top, right, bottom)}"
        )


def _check_channels(kind: int, count: int, shape: Sequence[int]) -> None:
    channels = shape[-3] if len(shape) > 2 else 1
    if count > 1 and count != channels:
        what = "mean and std have" if kind == NORMALIZE else "fill has"
        hint = ""
        if len(shape) == 2 and shape[0] == count:
            hint = "; audio [C, T] has its channels where they count as [C, 1, T]"
        elif len(shape) > 3 and shape[-4] == count:
            hint = "; a volume [C, D, H, W] has its channels where they count as x.movedim(-4, -3)"
        raise ValueError(
            f"{CLASS_NAMES[kind]}: {what} {count} values, but the image has {channels} channels; "
            f"give one value, or one for each channel{hint}"
        )


def check_shape(program: Sequence[int], shape: Sequence[int], channels_known: bool = True) -> None:
    """Check that an encoded program can run on samples of this shape.

    Args:
        program: the encoded program.
        shape: the input's shape, [..., H, W] or [..., C, H, W].
        channels_known: False if only height and width are, as for `params`.

    Raises:
        ValueError: no rows or columns, be it before or after a pad that crops, a crop larger
            than the padded image, a reflecting pad wider than the image, or per-channel values
            that don't fit the channels.
    """
    if len(shape) < 2:
        hint = "; geometry takes audio [T] as [1, T]" if len(shape) == 1 else ""
        raise ValueError(
            f"an image has the shape [..., H, W] or [..., C, H, W], got {[*shape]}{hint}"
        )
    height, width = shape[-2:]
    if height == 0 or width == 0:
        raise ValueError(f"the image is {height}x{width}: it needs at least one pixel")
    for kind, _, args in decode(program):
        if kind == RANDOM_CROP:
            _check_crop(args, height, width)
        if kind in (RANDOM_CROP, PAD):
            _check_reach(kind, args, height, width)
        if channels_known and kind in (RANDOM_CROP, PAD, NORMALIZE):
            _check_channels(kind, args[-1], shape)
        size = output_size([kind, 0, len(args), *args], height, width)
        height, width = int(size[0]), int(size[1])
        if height < 1 or width < 1:  # a pad whose negative sides leave nothing
            raise ValueError(f"{CLASS_NAMES[kind]}: the padded image would be {height}x{width}")
