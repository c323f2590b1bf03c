"""Programs: what a Compose compiles to, a list of numbers that one native op runs in one pass.

Encoded, instructions stand one after another as ``[kind, occurrence, n, n integers]``; floats
stand in a list of their own, to which some of those integers are offsets (`seedaug.schema`). A
program is a *segment*: no geometry may follow noise in it, no fill arithmetic, and it has a
greatest length. `compile_steps` cuts a longer chain into several segments; where the cuts fall
never changes a bit of the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch

from seedaug import _core
from seedaug.schema import SCHEMAS, Instruction, Schema, decode, encode

__all__ = ["NOTHING", "Step", "check_shape", "compile_steps", "linear", "output_size"]

PAD_MODES: tuple[str, ...] = next(
    one["choices"] for one in SCHEMAS["pad"].arguments if one["name"] == "padding_mode"
)
DTYPES = (torch.uint8, torch.float16, torch.bfloat16, torch.float32)
"""The element types that arithmetic knows; a type's place here is its code in a program."""

NOTHING = encode([(SCHEMAS["pad"](left=0, top=0, right=0, bottom=0, padding_mode=0, fill=()), 0)])
"""Encoded, a program that does nothing, for where a result must be written all the same."""

CLAMP = SCHEMAS["clamp"]


class Step(NamedTuple):
    """One native call: a program, its floats, and the element type it ends in.

    An empty `program` stands for a clamp to ``values``, run by torch so that it differentiates.
    """

    program: list[int]
    values: list[float]
    dtype: torch.dtype


def linear(program: Sequence[int], values: Sequence[float]) -> tuple[list[int], list[float]]:
    """The derivative of an encoded program that has no clamps: no noise, no means, no fills."""
    numbers: list[int] = []
    floats = [*values]
    for schema, occurrence, args in decode(program):
        if (kept := schema.linear(args, floats)) is not None:
            numbers += [schema.kind, occurrence, len(kept), *kept]
    return numbers, floats


def output_size(
    program: Sequence[int], height: int | torch.SymInt, width: int | torch.SymInt
) -> tuple[int | torch.SymInt, int | torch.SymInt]:
    """Height and width after an encoded program."""
    for schema, _, args in decode(program):
        height, width = schema.after(args, height, width)
    return height, width


def fixes_size(program: Sequence[int]) -> bool:
    """Whether images of any size come out of an encoded program with one size."""
    return any(schema.size == "cropped" for schema, _, _ in decode(program))


def has_maps(program: Sequence[int]) -> bool:
    """Whether an encoded program moves pixels."""
    return any(schema.is_map for schema, _, _ in decode(program))


def output_dtype(instruction: Instruction, dtype: torch.dtype) -> torch.dtype:
    """The element type after one instruction.

    Raises:
        TypeError: the instruction computes, and `dtype` is none that arithmetic knows.
    """
    schema = instruction.schema
    if schema.is_map:
        return dtype
    if dtype not in DTYPES:
        raise TypeError(
            f"{schema.class_name} computes with uint8, float16, bfloat16 or float32, "
            f"got {dtype}; convert the input with .to(torch.float32) first"
        )
    if schema.result == "chosen":
        return DTYPES[instruction.argument("dtype")]
    return torch.float32 if schema.result == "floats" and dtype == torch.uint8 else dtype


def may_fill(instruction: Instruction) -> bool:
    """Whether an instruction may put a constant around images."""
    schema = instruction.schema
    if schema.size == "same":
        return False
    if "fill" not in schema.places:  # it pads with zeros what is too small
        return True
    sides = any(instruction.argument(side) for side in ("left", "top", "right", "bottom"))
    if "pad_if_needed" in schema.places:
        sides = sides or instruction.argument("pad_if_needed")
    return bool(sides) and PAD_MODES[instruction.argument("padding_mode")] == "constant"


class _Segments:
    """Collects instructions and closes a segment where one must end."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.steps: list[Step] = []
        self._restart()

    def _restart(self) -> None:
        self.placed: list[tuple[Instruction, int]] = []
        self.noisy = self.computes = False
        self.maps = self.floats = 0

    def close(self) -> None:
        if self.placed:
            self.steps.append(Step(*encode(self.placed), self.dtype))
            self._restart()

    def add(self, instruction: Instruction, occurrence: int) -> None:
        schema = instruction.schema
        floats = len(encode([(instruction, 0)])[1])
        if (
            (schema.is_map and (self.noisy or self.maps == _core.MAX_MAPS))
            or (self.computes and may_fill(instruction))
            or len(self.placed) == _core.MAX_INSTRUCTIONS
            or self.floats + floats > _core.MAX_VALUES
        ):
            self.close()
        self.placed.append((instruction, occurrence))
        self.dtype = output_dtype(instruction, self.dtype)
        self.noisy |= schema.normals
        self.computes |= not schema.is_map
        self.maps += schema.is_map
        self.floats += floats


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
        schema = instruction.schema
        if schema.result == "chosen" and segments.dtype == DTYPES[instruction.argument("dtype")]:
            continue
        if differentiable and segments.dtype != torch.uint8:
            if "clip" in schema.places and instruction.argument("clip"):
                segments.add(instruction.changed(clip=False), occurrence)
                instruction = CLAMP(min=0.0, max=1.0)
            if instruction.schema is CLAMP:
                output_dtype(instruction, segments.dtype)
                segments.close()
                segments.steps.append(Step([], [*instruction.given], segments.dtype))
                continue
        segments.add(instruction, occurrence)
        if differentiable and segments.dtype == torch.uint8:
            segments.close()
    segments.close()
    return segments.steps


def _check_crop(schema: Schema, args: Sequence[int], height: int, width: int) -> None:
    """A crop that pads what is too small takes any image."""
    if "pad_if_needed" not in schema.codes or args[schema.codes["pad_if_needed"]]:
        return
    left, top, right, bottom = schema.sides(args)
    rows, columns = (args[schema.codes[side]] for side in ("height", "width"))
    height, width = height + top + bottom, width + left + right
    if rows > height or columns > width:
        raise ValueError(
            f"{schema.class_name}(size=({rows}, {columns})): the padded image is {height}x{width}; "
            "give a smaller size, padding=, or pad_if_needed=True"
        )


def _check_reach(schema: Schema, args: Sequence[int], height: int, width: int) -> None:
    """Reflecting pads can't be wider than what they reflect."""
    left, top, right, bottom = schema.sides(args)
    mode = args[schema.codes["padding_mode"]]
    if "pad_if_needed" in schema.codes and args[schema.codes["pad_if_needed"]]:
        rows = max(args[schema.codes["height"]] - (height + top + bottom), 0)
        columns = max(args[schema.codes["width"]] - (width + left + right), 0)
        top, bottom, left, right = top + rows, bottom + rows, left + columns, right + columns
    seam = 1 if PAD_MODES[mode] == "reflect" else 0
    if mode >= 2 and (max(top, bottom) > height - seam or max(left, right) > width - seam):
        raise ValueError(
            f"{schema.class_name}(padding_mode={PAD_MODES[mode]!r}): an image of {height}x{width} "
            f"can be padded by at most {height - seam} rows and {width - seam} columns, "
            f"got (left, top, right, bottom) = {(left, top, right, bottom)}"
        )


def _check_channels(schema: Schema, args: Sequence[int], shape: Sequence[int]) -> None:
    given = [one["name"] for one in schema.arguments if one["type"] in ("fill", "channel_values")]
    if not given:
        return
    count = args[schema.codes[given[0]] + 1]
    channels = shape[-3] if len(shape) > 2 else 1
    if count > 1 and count != channels:
        what = " and ".join(given) + (" have" if len(given) > 1 else " has")
        hint = ""
        if len(shape) == 2 and shape[0] == count:
            hint = "; audio [C, T] has its channels where they count as [C, 1, T]"
        elif len(shape) > 3 and shape[-4] == count:
            hint = "; a volume [C, D, H, W] has its channels where they count as x.movedim(-4, -3)"
        raise ValueError(
            f"{schema.class_name}: {what} {count} values, but the image has {channels} channels; "
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
    for schema, _, args in decode(program):
        if schema.size == "cropped":
            _check_crop(schema, args, height, width)
        if "padding_mode" in schema.codes:
            _check_reach(schema, args, height, width)
        if channels_known:
            _check_channels(schema, args, shape)
        size = schema.after(args, height, width)
        height, width = int(size[0]), int(size[1])
        if height < 1 or width < 1:  # a pad whose negative sides leave nothing
            raise ValueError(f"{schema.class_name}: the padded image would be {height}x{width}")
