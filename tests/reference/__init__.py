"""A second implementation of the stream format, in plain NumPy, to test the native one against.

Written from docs/stream-format.md alone, never from the C++: it is slow, applies transforms one
after another and never fuses them. Section numbers in it are those of that document.
"""

from reference.fma import fma
from reference.normal import angle, normals, radius
from reference.philox import philox
from reference.pixels import Image
from reference.program import draws, run
from reference.stream import (
    KINDS,
    Coordinates,
    Stream,
    bounded,
    gate,
    shuffle,
    uniform,
)

__all__ = [
    "KINDS",
    "Coordinates",
    "Image",
    "Stream",
    "angle",
    "bounded",
    "draws",
    "fma",
    "gate",
    "normals",
    "philox",
    "radius",
    "run",
    "shuffle",
    "uniform",
]
