"""The registry of users' kinds: which number, 96 … 127, belongs to which transform."""

from __future__ import annotations

import numbers

from seedaug import _core

__all__ = ["kind_name", "register_kind"]

_names: dict[int, str] = {}


def check_user_kind(number: object) -> int:
    """Return a user's kind if it is one.

    Raises:
        TypeError, ValueError: it is no integer, or none from 96 to 127.
    """
    if isinstance(number, bool) or not isinstance(number, numbers.Integral):
        raise TypeError(f"kind must be an integer, got {number!r}")
    number = int(number)
    if not _core.USER_KIND_FIRST <= number <= _core.USER_KIND_LAST:
        raise ValueError(
            f"kind must be from {_core.USER_KIND_FIRST} to {_core.USER_KIND_LAST} "
            f"(the others are seedaug's own), got {number}"
        )
    return number


def register_kind(name: str, number: int) -> int:
    """Claim a kind for a transform of your own.

    Kinds keep streams apart: two transforms of one kind in a pipeline draw as two uses of it.
    The number is part of what is drawn, so never change it once results matter.

    Args:
        name: what messages and `params` call it.
        number: 96 … 127.

    Returns:
        The number, for the class attribute ``kind``.

    Raises:
        TypeError: `name` is no name, or `number` no integer.
        ValueError: `number` is out of range, or claimed under another name.

    >>> register_kind("solarize", 120)
    120
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"name must be a string that isn't empty, got {name!r}")
    number = check_user_kind(number)
    known = _names.setdefault(number, name)
    if known != name:
        raise ValueError(f"kind {number} already belongs to {known!r}; give {name!r} another one")
    return number


def kind_name(number: int, default: str) -> str:
    """The name a kind was registered under; `default` becomes it if there is none."""
    return _names.setdefault(number, default)
