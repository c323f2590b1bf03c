"""Powers and logarithms of two, out of operations that every machine rounds alike.

exp2 is binary32 and what a sample's draw calls; log2 is binary64 and is only for arguments, once a
program is made. Neither is in the document yet: random_resized_crop, erasing and gaussian_blur are
the first to need them.
"""

import math

import numpy as np

from reference.fma import fma

F = np.float32
E = [
    F(float.fromhex("0x1.62e430p-1")),
    F(float.fromhex("0x1.ebfbdcp-3")),
    F(float.fromhex("0x1.c6aee8p-5")),
    F(float.fromhex("0x1.3b2d4cp-7")),
    F(float.fromhex("0x1.5f3e54p-10")),
    F(float.fromhex("0x1.41fbbcp-13")),
]
LOG2_E = float.fromhex("0x1.71547652b82fep+0")
LARGEST = F(127)  # in magnitude: t + 2^23 fits 32 bits, and every power is a normal number or 0


def exp2(y):
    """2^y for float32, |y| <= 127: y in fixed point with 24 bits after the point.

    The nearest integer is split off in integers, as the quarter turn of an angle is: what the
    polynomial sees is one of 2^24 fractions, exactly. Over all of them the error is at most
    0.95 ulp. Where y rounds to -127 the result is 0.
    """
    y = np.asarray(y, F)
    assert np.all(np.abs(y) <= LARGEST)
    t = np.rint(y * F(2.0**24)).astype(np.int64)
    n = (t + (1 << 23)) >> 24
    f = (t - (n << 24)).astype(F) * F(2.0**-24)  # exact, in [-1/2, 1/2)
    q = np.full_like(f, E[-1])
    for coefficient in E[-2::-1]:
        q = fma(q, f, coefficient)
    power = (np.maximum(n + 127, 1) << 23).astype(np.uint32).view(F)
    return np.where(n == -127, F(0), fma(f, q, F(1)) * power)


def log2(x):
    """The logarithm of a positive float, in binary64: x = 2^e m, m in [sqrt(1/2), sqrt(2))."""
    m, e = math.frexp(x)
    if m < float.fromhex("0x1.6a09e667f3bcdp-1"):
        m, e = m * 2, e - 1
    s = (m - 1) / (m + 1)
    square = s * s
    series = 0.0
    for k in range(25, 0, -2):  # 2 artanh(s) = 2 (s + s^3 / 3 + s^5 / 5 + ...)
        series = series * square + 2.0 / k
    return e + s * series * LOG2_E
