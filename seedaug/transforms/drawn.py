"""Geometry as parameters: what the `params` op draws, for boxes, for PIL images and to be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch

from seedaug import ops
from seedaug.apply import Source, key_tensor, refusal
from seedaug.dense import check_readable
from seedaug.program import check_shape, compile_steps, output_size
from seedaug.schema import Instruction
from seedaug.transforms.base import Params, Size

__all__ = ["Entries", "Geometry", "name_entries"]

Entries: TypeAlias = list[tuple[str, dict[str, Any]]]
"""What `params` reports of one sample: each transform's name and parameters."""


class Geometry:
    """Index maps with their occurrences, ready to draw from.

    Args:
        placed: maps only, in order.
    """

    def __init__(self, placed: Sequence[tuple[Instruction, int]]) -> None:
        self.instructions = [instruction for instruction, _ in placed]
        self.steps = compile_steps(placed, torch.uint8)

    def drawn(self, source: Source, size: Size) -> tuple[list[list[dict[str, Any]]], Size]:
        """What each sample and map draws, by name, and the size after.

        Raises:
            ValueError: an image of this size can't be cropped or padded so, or keys are on the
                meta device.
        """
        height, width = size
        keys = key_tensor(source)
        rows: list[list[list[int]]] = [[] for _ in range(len(keys) if keys.dim() == 2 else 1)]
        for numbers, values, _ in self.steps:
            try:
                found = ops.params(keys, numbers, values, height, width).tolist()
            except RuntimeError as error:
                check_readable(keys, "keys")
                check_shape(numbers, (height, width), channels_known=False)
                raise refusal(error) or error from None
            for sample, more in zip(rows, found, strict=True):
                sample += more
            after = output_size(numbers, height, width)
            height, width = int(after[0]), int(after[1])
        made = self.instructions
        named = [[m.schema.report(m, row) for m, row in zip(made, s, strict=True)] for s in rows]
        return named, (height, width)

    def entries(self, source: Source, size: Size | None) -> tuple[list[Entries], Size | None]:
        """What `params` reports of each sample, and the size after (None if it wasn't known).

        Raises:
            ValueError: the size is needed and isn't known.
        """
        if size is None and any(one.schema.size != "same" for one in self.instructions):
            raise ValueError("params needs size=(height, width): crops and pads depend on it")
        drawn, after = self.drawn(source, size or (1, 1))
        names = [one.schema.name for one in self.instructions]
        return [[*zip(names, sample, strict=True)] for sample in drawn], after if size else None


def name_entries(entries: list[Entries], single_key: bool) -> Params | list[Params]:
    """Dicts by name, the second entry of one name as ``name[1]``; one dict for a single key."""
    named = []
    for sample in entries:
        by_name: Params = {}
        seen: dict[str, int] = {}
        for name, parameters in sample:
            count = seen.get(name, 0)
            seen[name] = count + 1
            by_name[f"{name}[{count}]" if count else name] = parameters
        named.append(by_name)
    return named[0] if single_key else named
