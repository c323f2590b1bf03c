"""What the native side tells of each transform: its arguments, how they are encoded, what it does.

The registry (csrc/transforms/registry.def) is the one place where these are decided. Here the
table that comes from it becomes `Schema` objects, which make, encode and read instructions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from seedaug import _core

__all__ = ["SCHEMAS", "Instruction", "Schema", "decode", "encode"]

SIDES = ("left", "top", "right", "bottom")
_SHARED = ("number", "channel_values")
"""Types of which neighbours share one offset into the list of floats."""


class Instruction(NamedTuple):
    """One use of a transform in a program, before its occurrence is known.

    Made by calling a `Schema`.
    """

    schema: Schema
    given: tuple[Any, ...]
    """In the order of ``schema.arguments``; several floats are a tuple."""

    @property
    def kind(self) -> int:
        """Of the transform."""
        return self.schema.kind

    def argument(self, name: str) -> Any:
        """One of the arguments."""
        return self.given[self.schema.places[name]]

    def changed(self, **arguments: Any) -> Instruction:
        """The same with other arguments."""
        return self.schema(**(self.schema.named(self.given) | arguments))


class Schema:
    """A transform of the registry.

    Args:
        name: of its kind.
        told: its entry in the native table.
    """

    def __init__(self, name: str, told: Mapping[str, Any]) -> None:
        self.name = name
        self.kind: int = told["kind"]
        self.class_name: str = told["class_name"]
        self.is_map: bool = told["op_class"] == "index_map"
        self.draws: bool = told["draws"]
        """Whether it reads words of its stream; only such take an occurrence."""
        self.size: str = told["size"]
        """"same", "padded" (by the sides) or "cropped" (to height and width)."""
        self.result: str = told["result"]
        """The type that comes out: "same", "floats" (float32 of uint8) or "chosen" (dtype)."""
        self.slope: str = told.get("slope", "one")
        """Of its gradient: "one", "a" (a factor) or "none"."""
        self.normals: bool = told.get("normals", False)
        """Whether each element draws a normal of its own."""
        self.drawn: tuple[tuple[str, str], ...] = told["drawn"]
        """Names and types of what a sample's words decide: the columns of the `params` op."""
        self.arguments: tuple[dict[str, Any], ...] = told["arguments"]
        self.places = {one["name"]: place for place, one in enumerate(self.arguments)}
        self.codes = dict(self._codes())
        """Where each argument stands among the integers of an encoded instruction."""

    def _codes(self) -> Iterator[tuple[str, int]]:
        at, before = 0, ""
        for one in self.arguments:
            shares = one["type"] == before and before in _SHARED
            if not shares:
                width = 2 if one["type"] in ("channel_values", "fill") else 1
                start, at = at, at + width
            before = one["type"]
            yield one["name"], start

    def __call__(self, **arguments: Any) -> Instruction:
        """An instruction.

        Raises:
            TypeError: not just the arguments of the registry are given.
        """
        if arguments.keys() != self.places.keys():
            raise TypeError(f"{self.name} takes {[*self.places]}, got {[*arguments]}")
        return Instruction(self, tuple(arguments[name] for name in self.places))

    def named(self, given: Sequence[Any]) -> dict[str, Any]:
        """Arguments by name."""
        return dict(zip(self.places, given, strict=True))

    def encode(self, given: Sequence[Any], values: list[float]) -> list[int]:
        """The integers of an instruction; its floats go to the end of `values`."""
        numbers: list[int] = []
        before = ""
        for one, argument in zip(self.arguments, given, strict=True):
            shares = one["type"] == before and before in _SHARED
            before = one["type"]
            if before in ("number", "probability"):
                numbers += [] if shares else [len(values)]
                values.append(argument)
            elif before in ("channel_values", "fill"):
                numbers += [] if shares else [len(values), len(argument)]
                values += argument
            else:
                numbers.append(int(argument))
        return numbers

    def after(
        self, numbers: Sequence[int], height: int | torch.SymInt, width: int | torch.SymInt
    ) -> tuple[int | torch.SymInt, int | torch.SymInt]:
        """Height and width after an encoded instruction."""
        if self.size == "cropped":
            return numbers[self.codes["height"]], numbers[self.codes["width"]]
        left, top, right, bottom = self.sides(numbers)
        return height + top + bottom, width + left + right

    def sides(self, numbers: Sequence[int]) -> tuple[int, int, int, int]:
        """The padding that an encoded instruction asks for: left, top, right, bottom."""
        if "left" not in self.codes:
            return 0, 0, 0, 0
        left, top, right, bottom = (numbers[self.codes[side]] for side in SIDES)
        return left, top, right, bottom

    def linear(self, numbers: Sequence[int], values: list[float]) -> list[int] | None:
        """The derivative of an encoded instruction, its floats changed in `values`.

        None where it is the identity.
        """
        if not self.is_map and self.slope == "one":
            return None
        numbers = [*numbers]
        lists = 0
        for one in self.arguments:
            at = self.codes[one["name"]]
            if one["type"] == "fill":
                numbers[at + 1] = 0
            elif one["type"] == "channel_values":
                offset, count = numbers[at] + lists * numbers[at + 1], numbers[at + 1]
                if one["additive"]:
                    values[offset : offset + count] = [0.0] * count
                lists += 1
        return numbers

    def report(self, instruction: Instruction, row: Sequence[int]) -> dict[str, Any]:
        """What a row of the `params` op says, by name."""
        drawn: dict[str, Any] = {
            name: bool(value) if kind == "flag" else value
            for (name, kind), value in zip(self.drawn, row, strict=False)
            if kind != "unused"
        }
        padding = tuple(drawn.pop(f"pad_{side}") for side in SIDES if f"pad_{side}" in drawn)
        if self.size == "cropped":
            drawn["height"] = instruction.argument("height")
            drawn["width"] = instruction.argument("width")
        return drawn | ({"padding": padding} if padding else {})


SCHEMAS = {name: Schema(name, told) for name, told in _core.TRANSFORMS.items()}
OF_KIND = {schema.kind: schema for schema in SCHEMAS.values()}


def encode(placed: Iterable[tuple[Instruction, int]]) -> tuple[list[int], list[float]]:
    """Encode instructions and their occurrences into the two lists that an op takes."""
    program: list[int] = []
    values: list[float] = []
    for instruction, occurrence in placed:
        numbers = instruction.schema.encode(instruction.given, values)
        program += [instruction.kind, occurrence, len(numbers), *numbers]
    return program, values


def decode(program: Sequence[int]) -> Iterator[tuple[Schema, int, Sequence[int]]]:
    """The ``(schema, occurrence, integers)`` of each instruction of an encoded program."""
    at = 0
    while at < len(program):
        count = program[at + 2]
        yield OF_KIND[program[at]], program[at + 1], program[at + 3 : at + 3 + count]
        at += 3 + count
