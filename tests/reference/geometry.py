"""Section 5: crops, pads and flips, each one index map per axis."""

import numpy as np

CONSTANT, EDGE, REFLECT, SYMMETRIC = "constant", "edge", "reflect", "symmetric"
MODES = (CONSTANT, EDGE, REFLECT, SYMMETRIC)
OUTSIDE = -1


def source(i, n, mode):
    """The source coordinate on an axis of length n of coordinate i, or OUTSIDE."""
    if 0 <= i < n:
        return i
    if mode == EDGE:
        return 0 if i < 0 else n - 1
    if mode == REFLECT:
        return -i if i < 0 else 2 * n - 2 - i
    if mode == SYMMETRIC:
        return -1 - i if i < 0 else 2 * n - 1 - i
    return OUTSIDE


def gather(data, rows, columns, fill):
    """Pixels [..., C, rows, columns] of data; fill [C] where a row or a column is OUTSIDE."""
    rows, columns = np.asarray(rows), np.asarray(columns)
    out = data[..., np.maximum(rows, 0)[:, None], np.maximum(columns, 0)[None, :]]
    outside = (rows == OUTSIDE)[:, None] | (columns == OUTSIDE)[None, :]
    return np.where(outside, np.asarray(fill, data.dtype)[:, None, None], out)


def pad(data, left, top, right, bottom, mode, fill):
    """The image with borders; negative amounts crop."""
    height, width = data.shape[-2:]
    rows = [source(i, height, mode) for i in range(-top, height + bottom)]
    columns = [source(i, width, mode) for i in range(-left, width + right)]
    assert max(rows) < height
    assert max(columns) < width
    return gather(data, rows, columns, fill)


def crop(data, top, left, height, width):
    """The window of height x width that begins at (top, left)."""
    assert 0 <= top <= data.shape[-2] - height
    assert 0 <= left <= data.shape[-1] - width
    return data[..., top : top + height, left : left + width]


def needed(size, wanted, before, after, if_needed):
    """The padding before and after one axis, more where the image would still be too small."""
    missing = wanted - (size + before + after)
    if if_needed and missing > 0:
        return before + missing, after + missing
    return before, after


def centred(size, wanted):
    """(padding before, padding after, offset) of a centre crop on one axis."""
    before, after = max(wanted - size, 0) // 2, max(wanted - size + 1, 0) // 2
    return before, after, round((size + before + after - wanted) / 2)
