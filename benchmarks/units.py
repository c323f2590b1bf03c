"""Figures as people read them."""

from __future__ import annotations

UNITS = {
    "value": (1e9, "ns"),
    "pixel": (1e9, "ns"),
    "image": (1e6, "µs"),
    "call": (1e6, "µs"),
    "epoch": (1.0, "s"),
    "loader": (2.0**-20, "MiB"),
}


def figure(measured: float, per: str) -> str:
    """A time (or bytes) with three significant digits, in the unit of its row.

    >>> figure(0.355e-9, "value"), figure(155.4e-6, "image"), figure(0.6469, "epoch")
    ('0.355 ns', '155 µs', '0.647 s')
    """
    factor, unit = UNITS[per]
    value = measured * factor
    if value < 0.1:
        value, unit = value * 1e3, {"ns": "ps", "µs": "ns", "s": "ms"}.get(unit, unit)
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f} {unit}"
