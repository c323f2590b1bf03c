"""Section 6: images of the four types and the arithmetic on their pixels."""

from dataclasses import dataclass

import numpy as np

from reference.fma import fma

F = np.float32
UINT8, FLOAT16, BFLOAT16, FLOAT32 = "uint8", "float16", "bfloat16", "float32"
STORAGE = {UINT8: np.uint8, FLOAT16: np.float16, BFLOAT16: np.uint16, FLOAT32: np.float32}
CANONICAL_NAN = {FLOAT16: 0x7E00, BFLOAT16: 0x7FC0, FLOAT32: 0x7FC00000}
ONE_255TH = F(float.fromhex("0x1.010102p-8"))
ALMOST_256 = F(float.fromhex("0x1.ffff7cp+7"))


def to_bfloat16(v):
    """float32 to the bits of bfloat16, to nearest, ties to even."""
    bits = np.asarray(v, F).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(v), np.uint16(0x7FC0), rounded).astype(np.uint16)


def from_bfloat16(bits):
    return (bits.astype(np.uint32) << np.uint32(16)).view(F)


def clamp(v, low, high):
    """`v < low ? low : v > high ? high : v`, so NaN stays."""
    return np.where(v < low, low, np.where(v > high, high, v))


@dataclass(frozen=True)
class Image:
    """Pixels [..., C, H, W] of a type; bfloat16 is kept as the uint16 of its bits."""

    data: np.ndarray
    dtype: str

    def __post_init__(self):
        assert self.data.dtype == STORAGE[self.dtype], (self.data.dtype, self.dtype)
        assert self.data.ndim >= 3

    def values(self):
        """The pixels as float32, which holds each of them exactly."""
        if self.dtype == BFLOAT16:
            return from_bfloat16(self.data)
        return self.data.astype(F)

    def fill(self, fill):
        """Numbers, one or one a channel, in this image's type: [C]."""
        with np.errstate(over="ignore"):
            fill = np.asarray(fill, np.float64).reshape(-1).astype(F)
        if self.dtype == UINT8:
            fill = np.clip(np.trunc(fill), 0, 255)
        fill = np.broadcast_to(fill, self.data.shape[-3:-2])
        return rounded(fill, self.dtype).data.reshape(-1)

    def canonical(self):
        """The image with every NaN replaced by the one of its type."""
        if self.dtype == UINT8:
            return self
        bits = self.data.view({2: np.uint16, 4: np.uint32}[self.data.itemsize])
        bits = np.where(np.isnan(self.values()), bits.dtype.type(CANONICAL_NAN[self.dtype]), bits)
        return Image(bits.view(STORAGE[self.dtype]), self.dtype)


def rounded(v, dtype):
    """float32 values as an image of a type; values of uint8 must be whole already."""
    v = np.asarray(v, F)
    v = v.reshape((1,) * (3 - v.ndim) + v.shape)
    with np.errstate(over="ignore"):
        return Image(to_bfloat16(v) if dtype == BFLOAT16 else v.astype(STORAGE[dtype]), dtype)


def saturated(v):
    """Values clamped to [0, 255], NaN to 0."""
    return clamp(np.where(np.isnan(v), F(0), v), F(0), F(255))


def to_nearest_uint8(v):
    """Saturated and rounded to the nearest integer, ties to even."""
    return rounded(np.rint(saturated(v)), UINT8)


def to_dtype(image, dtype, scale):
    v = image.values()
    if image.dtype == dtype:
        return image
    if image.dtype == UINT8:
        return rounded(v * ONE_255TH if scale else v, dtype)
    if dtype == UINT8:
        with np.errstate(over="ignore"):
            v = v * ALMOST_256 if scale else v
        return rounded(np.trunc(saturated(v)), dtype)
    return rounded(v, dtype)


def normalize(image, mean, std):
    if image.dtype == UINT8:
        image = to_dtype(image, FLOAT32, True)
    mean, std = (np.asarray(x, np.float64).reshape(-1, 1, 1) for x in (mean, std))
    a, b = (1 / std).astype(F), (-mean / std).astype(F)
    return rounded(fma(image.values(), a, b), image.dtype)


def add_noise(image, z, mean, sigma, clip):
    """z are the normals [..., C, H, W] of the image's elements."""
    unit = 255.0 if image.dtype == UINT8 else 1.0
    with np.errstate(all="ignore"):
        v = image.values() + fma(z, F(sigma * unit), F(mean * unit))
    if image.dtype == UINT8:
        return to_nearest_uint8(v)
    result = rounded(v, image.dtype)
    return rounded(clamp(result.values(), F(0), F(1)), image.dtype) if clip else result


def clamp_image(image, low, high):
    v = clamp(image.values(), F(low), F(high))
    return to_nearest_uint8(v) if image.dtype == UINT8 else rounded(v, image.dtype)
