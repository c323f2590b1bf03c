"""Writes tests/golden/: hashes of what the format gives, computed by the reference alone.

From tests/: ``python -m reference.golden``. Nothing here uses seedaug; the files change only with a
new stream version.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from reference import exhaustive, pixels
from reference.normal import normal_elements, normals
from reference.program import draws, run
from reference.stream import KINDS, Coordinates, Stream, shuffle, uniform

FOLDER = Path(__file__).parent.parent / "golden"
PLACES = [
    Coordinates(),
    Coordinates(seed=0x0123456789ABCDEF, epoch=7, worker=3, index=0x1122334455),
    Coordinates(seed=2**64 - 1, epoch=2**24 - 1, worker=2**20 - 1, index=2**40 - 1),
]
ELEMENTS = 10_007
SHUFFLES = [(0, 0, 0, 1000), (2**64 - 1, 2**24 - 1, 2**20 - 1, 1000)]

_BORDERS = (3, 1, 0, 2)
_STATISTICS = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
PROGRAMS = {
    "random_crop": [("random_crop", {"size": (13, 17)})],
    "random_crop constant": [
        ("random_crop", {"size": (20, 24), "padding": _BORDERS, "fill": (1, 2.5, 200)})
    ],
    "random_crop edge": [("random_crop", {"size": (13, 17), "padding": _BORDERS, "mode": "edge"})],
    "random_crop reflect": [
        ("random_crop", {"size": (25, 28), "pad_if_needed": True, "mode": "reflect"})
    ],
    "random_crop symmetric": [
        ("random_crop", {"size": (13, 17), "padding": _BORDERS, "mode": "symmetric"})
    ],
    "center_crop": [("center_crop", {"size": (12, 31)})],
    "pad": [("pad", {"padding": (2, -1, 5, 3), "fill": 7})],
    "horizontal_flip": [("horizontal_flip", {})],
    "vertical_flip": [("vertical_flip", {"p": 0.75})],
    "to_dtype uint8": [("to_dtype", {"dtype": "uint8", "scale": True})],
    "to_dtype float16": [("to_dtype", {"dtype": "float16", "scale": True})],
    "to_dtype bfloat16": [("to_dtype", {"dtype": "bfloat16", "scale": False})],
    "to_dtype float32": [("to_dtype", {"dtype": "float32", "scale": True})],
    "normalize": [("normalize", _STATISTICS)],
    "gaussian_noise": [("gaussian_noise", {"mean": 0.01, "sigma": 0.2, "clip": False})],
    "gaussian_noise clip": [("gaussian_noise", {"sigma": 0.2})],
    "clamp": [("clamp", {"low": 3, "high": 97})],
    "all": [
        ("random_crop", {"size": (16, 16), "padding": (2, 2, 2, 2), "mode": "reflect"}),
        ("horizontal_flip", {}),
        ("vertical_flip", {}),
        ("gaussian_noise", {"sigma": 0.05}),
        ("normalize", _STATISTICS),
        ("to_dtype", {"dtype": "float16"}),
        ("gaussian_noise", {"sigma": 0.05, "clip": False}),
        ("clamp", {"low": -2, "high": 2}),
        ("pad", {"padding": (1, 1, 1, 1), "fill": 0.5}),
    ],
}


def image(dtype):
    """The picture that programs are run on: [3, 19, 23], pseudo-random but of no generator."""
    numbers = np.arange(3 * 19 * 23, dtype=np.int64).reshape(3, 19, 23) ** 2 * 31 % 1021 % 256
    if dtype == pixels.UINT8:
        return pixels.Image(numbers.astype(np.uint8), dtype)
    return pixels.rounded((numbers / 192 - 0.1).astype(np.float32), dtype)


def sha256(array):
    """The hash of an array's bytes, row-major and little-endian."""
    array = np.ascontiguousarray(array)
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def fills():
    """By place: words, uniforms and normals of the kinds that give them."""
    return [
        {
            "words": sha256(Stream(at, KINDS["words"]).elements(ELEMENTS)),
            "uniform": sha256(uniform(Stream(at, KINDS["uniform"]).elements(ELEMENTS))),
            "normal": sha256(normal_elements(Stream(at, KINDS["normal"]), ELEMENTS)),
        }
        for at in PLACES
    ]


def transforms():
    """By program and type: the hash of the result, and what was drawn, at every place."""
    return {
        name: {
            dtype: [sha256(run(steps, image(dtype), at).data) for at in PLACES]
            for dtype in pixels.STORAGE
        }
        | {"params": [json.dumps(draws(steps, image(pixels.UINT8), at)) for at in PLACES]}
        for name, steps in PROGRAMS.items()
    }


def main():
    """Write every file."""
    made = {
        "fills": fills(),
        "transforms": transforms(),
        "shuffle": [sha256(shuffle(*arguments)) for arguments in SHUFFLES],
        "normal": exhaustive.digests(normals),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, content in made.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
