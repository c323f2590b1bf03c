"""Arguments that several transforms take, checked and brought to one form."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import numpy as np

from seedaug._core import OCCURRENCES_PER_STAGE
from seedaug.program import PAD_MODES

__all__ = ["Fill", "FillArgument", "check_fill", "check_padding", "check_size", "fill_values"]

Fill: TypeAlias = float | Sequence[float] | None
FLOAT32_MAX = float(np.finfo(np.float32).max)

FillArgument: TypeAlias = Fill | dict[type | str, Fill]


def _integer(owner: str, name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{owner}: {name} must be integers, got {value!r}")
    return int(value)


def check_number(owner: str, name: str, value: Any) -> float:
    """A number that float32, which everything is computed in, can hold.

    Raises:
        TypeError, ValueError: it is something else, not finite, or too large.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{owner}: {name} must be a number, got {value!r}")
    if not abs(cast(float, value)) <= FLOAT32_MAX:
        raise ValueError(f"{owner}({name}={value!s:.40}): {name} must be finite in float32")
    return float(value)


def _check_sides(owner: str, height: int, width: int) -> None:
    if height < 1 or width < 1 or max(height, width) >= 2**31:
        raise ValueError(f"{owner}: size must be from 1 to 2**31 - 1, got {(height, width)}")


def check_image_size(size: Any) -> tuple[int, int] | None:
    """``(height, width)`` of images whose parameters are asked for, or None.

    Raises:
        TypeError: it is something else.
        ValueError: a side is not at least 1, or beyond what any image has.
    """
    if size is None:
        return None
    if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 2:
        raise TypeError(f"params: size must be (height, width), got {size!r}")
    height, width = (_integer("params", "size", side) for side in size)
    _check_sides("params", height, width)
    return height, width


def check_size(owner: str, size: Any) -> tuple[int, int]:
    """``(height, width)`` from an integer, or a sequence of one or two.

    Raises:
        TypeError, ValueError: it is something else, or not at least 1.
    """
    if isinstance(size, numbers.Number):
        height = width = _integer(owner, "size", size)
    elif isinstance(size, Sequence) and not isinstance(size, str) and len(size) in (1, 2):
        height, width = (_integer(owner, "size", side) for side in (size[0], size[-1]))
    else:
        raise ValueError(f"{owner}: size must be an integer or (height, width), got {size!r}")
    _check_sides(owner, height, width)
    return height, width


def check_padding(owner: str, padding: Any, negative: bool = False) -> tuple[int, int, int, int]:
    """``(left, top, right, bottom)`` from one, two (horizontal, vertical) or four integers.

    Raises:
        TypeError, ValueError: it is something else, or negative where that has no meaning.
    """
    if isinstance(padding, numbers.Number):
        sides = [_integer(owner, "padding", padding)] * 4
    elif isinstance(padding, (tuple, list)) and len(padding) in (1, 2, 4):
        given = [_integer(owner, "padding", side) for side in padding]
        sides = given if len(given) == 4 else [given[0], given[-1], given[0], given[-1]]
    else:
        raise ValueError(
            f"{owner}: padding must be an integer, or 1, 2 (left/right, top/bottom) or "
            f"4 (left, top, right, bottom) of them, got {padding!r}"
        )
    if not negative and min(sides) < 0:
        raise ValueError(f"{owner}: padding must be 0 or more, got {padding!r}")
    if max(sides) >= 2**30 or min(sides) <= -(2**30):
        raise ValueError(f"{owner}: padding must be below 2**30, got {padding!r}")
    left, top, right, bottom = sides
    return left, top, right, bottom


def check_mode(owner: str, padding_mode: Any) -> int:
    """A padding mode's number.

    Raises:
        ValueError: there is none of that name.
    """
    if not isinstance(padding_mode, str) or padding_mode not in PAD_MODES:
        known = ", ".join(map(repr, PAD_MODES))
        raise ValueError(f"{owner}: padding_mode must be one of {known}, got {padding_mode!r}")
    return PAD_MODES.index(padding_mode)


def check_fill(owner: str, fill: Any) -> None:
    """Check a fill: None, a number, one number a channel, or a dict of these by type.

    Raises:
        TypeError, ValueError: it is something else, or not a number at all.
    """
    if isinstance(fill, dict):
        for target, value in fill.items():
            if not (isinstance(target, type) or target == "others") or isinstance(value, dict):
                raise TypeError(
                    f'{owner}: a fill dict goes from types (or "others") to fills, got {fill!r}'
                )
            check_fill(owner, value)
    else:
        fill_values(owner, fill, object)


def fill_values(owner: str, fill: FillArgument, target: type) -> tuple[float, ...]:
    """The fill for a leaf of type `target`: no value (zero), one, or one for each channel."""
    if isinstance(fill, dict):
        fill = fill.get(target, fill.get("others"))
    if fill is None:
        return ()
    given: Sequence[Any] = [fill] if isinstance(fill, numbers.Number) else fill  # type: ignore[assignment]
    if not isinstance(given, (list, tuple)) or not given:
        raise TypeError(
            f"{owner}: fill must be a number, one number for each channel, or a dict of these "
            f"by type, got {fill!r}"
        )
    if not all(isinstance(value, numbers.Real) for value in given):
        raise TypeError(f"{owner}: fill must be numbers, got {fill!r}")
    try:
        values = tuple(float(value) for value in given)
    except OverflowError:
        raise ValueError(f"{owner}: fill is beyond what a float can hold") from None
    if any(math.isnan(value) for value in values):
        raise ValueError(f"{owner}: fill must not be NaN, got {fill!r}")
    plain = all(value == 0 and math.copysign(1, value) > 0 for value in values)
    return () if plain else values


def check_probability(owner: str, p: Any) -> float:
    """A probability.

    Raises:
        TypeError, ValueError: it is no number in [0, 1].
    """
    if isinstance(p, bool) or not isinstance(p, numbers.Real):
        raise TypeError(f"{owner}: p must be a number in [0, 1], got {p!r}")
    if not 0.0 <= float(p) <= 1.0:
        raise ValueError(f"{owner}(p={p}): p must be in [0, 1]")
    return float(p)


def check_occurrence(occurrence: Any) -> int:
    """Which use of a kind, 0 … 31, from both stages.

    Raises:
        TypeError, ValueError: it is something else.
    """
    if isinstance(occurrence, bool) or not isinstance(occurrence, numbers.Integral):
        raise TypeError(f"occurrence must be an integer, got {occurrence!r}")
    number = int(occurrence)
    if not 0 <= number < 2 * OCCURRENCES_PER_STAGE:
        limit = 2 * OCCURRENCES_PER_STAGE - 1
        raise ValueError(f"occurrence must be from 0 to {limit}, got {occurrence}")
    return number
