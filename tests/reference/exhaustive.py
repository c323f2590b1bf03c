"""Radius and angle over all of their 2^24 inputs, taken from a Box-Muller of pairs of words."""

import hashlib

import numpy as np

COUNT = 1 << 24
CHUNK = 1 << 21
UNIT_RADIUS = 10175896
"""The m whose radius is exactly 1, so that the products r * cos and r * sin show the angle bare."""


def _pairs(a, b):
    words = np.empty((CHUNK, 2), np.uint32)
    words[:, 0], words[:, 1] = a << np.uint32(8), b << np.uint32(8)
    return words.reshape(-1)


def radii(box_muller):
    """For m = 1, 2, ... in chunks: (m, radius), by pairs of angle 0, whose cosine is 1."""
    for first in range(0, COUNT, CHUNK):
        m = np.arange(first + 1, first + CHUNK + 1)
        z = box_muller(_pairs((m - 1).astype(np.uint32), np.uint32(0))).reshape(-1, 2)
        assert not z[:, 1].any()
        yield m, z[:, 0]


def angles(box_muller):
    """For t = 0, 1, ... in chunks: (t, cosine, sine), by pairs of radius 1."""
    for first in range(0, COUNT, CHUNK):
        t = np.arange(first, first + CHUNK, dtype=np.uint32)
        z = box_muller(_pairs(np.uint32(UNIT_RADIUS - 1), t)).reshape(-1, 2)
        yield t, z[:, 0], z[:, 1]


def digest(chunks):
    """sha256 of the bytes of float32 chunks, little-endian, in order."""
    sha = hashlib.sha256()
    for chunk in chunks:
        sha.update(np.ascontiguousarray(chunk, "<f4").tobytes())
    return sha.hexdigest()


def digests(box_muller):
    """What golden/normal.json holds."""
    return {
        "radius": digest(r for _, r in radii(box_muller)),
        "angle": digest(np.stack(pair[1:], -1) for pair in angles(box_muller)),
    }
