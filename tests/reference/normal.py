"""Sections 4.1 and 4.2: radius and angle of Box-Muller, and the normals of words."""

import numpy as np

from reference.fma import fma

F = np.float32


def _constants(text):
    return [F(float.fromhex(one)) for one in text.split()]


L = _constants(
    "-0x1.555554p-1 0x1.000226p-1 -0x1.99a01cp-2 0x1.54728ap-2"
    " -0x1.22d92ep-2 0x1.0d8242p-2 -0x1.055ec6p-2 0x1.38c9dep-3"
)
S = _constants("0x1.921fb6p+2 -0x1.4abc24p+5 0x1.4680a4p+6 -0x1.331988p+6")
C = _constants("-0x1.3bd3ccp+4 0x1.03c1aep+6 -0x1.55b146p+6 0x1.d47d60p+5")
MINUS_TWO_LN_2 = F(float.fromhex("-0x1.62e430p+0"))
ROOT_HALF = np.int32(0x3F3504F3)


def _polynomial(coefficients, x):
    """Horner's scheme from the highest coefficient down."""
    value = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = fma(value, x, coefficient)
    return value


def radius(m):
    """sqrt(-2 ln(m 2^-24)) for integers m in [1, 2^24]."""
    u = np.asarray(m).astype(F) * F(2.0**-24)
    i = u.view(np.int32) - ROOT_HALF
    e = (i >> 23).astype(F)
    f = ((i & np.int32(0x7FFFFF)) + ROOT_HALF).view(F) - F(1)
    w = fma(f, _polynomial(L, f), F(1))
    s = fma(f * f, w, f * F(-2))
    return np.sqrt(fma(e, MINUS_TWO_LN_2, s))


def _flip_sign(x, where):
    return (x.view(np.uint32) ^ (where.astype(np.uint32) << np.uint32(31))).view(F)


def angle(t):
    """Cosine and sine of 2 pi t 2^-24 for integers t in [0, 2^24)."""
    t = np.asarray(t).astype(np.int64)
    q = (t + (1 << 21)) >> 22
    x = (t - (q << 22)).astype(F) * F(2.0**-24)
    y = x * x
    s = x * _polynomial(S, y)
    c = fma(y, _polynomial(C, y), F(1))
    odd = q & 1 == 1
    cos = _flip_sign(np.where(odd, s, c), (q + 1) & 2 != 0)
    sin = _flip_sign(np.where(odd, c, s), q & 2 != 0)
    return cos, sin


def normals(words):
    """The normals of an even number of words: pairs (0, 1), (2, 3), ..."""
    a, b = words[0::2] >> np.uint32(8), words[1::2] >> np.uint32(8)
    r = radius(a.astype(np.int64) + 1)
    cos, sin = angle(b)
    return np.stack([r * cos, r * sin], -1).reshape(-1)


def normal_elements(stream, count, first=0):
    """The normals of elements first ... first + count - 1 of a stream."""
    before = first % 2
    words = stream.elements(before + count + (before + count) % 2, first - before)
    return normals(words)[before : before + count]
