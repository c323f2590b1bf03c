"""The fused multiply-add of binary32, from binary64 arithmetic.

The product of two floats is exact in binary64. Adding the third rounds; that error is itself a
binary64 number, and tells on which side of the rounded sum the true one lies. Rounding the sum to
odd with it keeps what the second rounding, to binary32, has to know (Boldo and Melquiond, 2008).
"""

import numpy as np


def fma(a, b, c):
    """a * b + c rounded once to float32, for float32 arrays that broadcast."""
    with np.errstate(all="ignore"):
        a, b, c = (np.asarray(x, np.float32).astype(np.float64) for x in (a, b, c))
        product = a * b
        total = np.asarray(product + c)
        part = total - product
        error = (product - (total - part)) + (c - part)
        even = total.view(np.int64) & 1 == 0
        inexact = np.isfinite(total) & (error != 0)
        odd = np.nextafter(total, np.copysign(np.inf, error))
        return np.where(inexact & even, odd, total).astype(np.float32)
