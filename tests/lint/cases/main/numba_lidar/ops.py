"""Compiled parts of the augmentation of point clouds."""
import numba
import numpy as np
from numba import njit


@njit
def drop_points(points, p):
    keep = np.zeros(points.shape[0], dtype=np.bool_)
    for i in range(points.shape[0]):
        keep[i] = np.random.random() > p  # expect: SDA104
    return points[keep]


@numba.jit(nopython=True)
def noise_per_box(boxes, sigma):
    out = np.empty((boxes.shape[0], 3))
    for i in range(boxes.shape[0]):
        for j in range(3):
            out[i, j] = np.random.normal(0.0, sigma)  # expect: SDA104
    return out


@njit(cache=True, fastmath=True)
def rotate(points):
    a = np.random.uniform(-np.pi / 4, np.pi / 4)  # expect: SDA104
    c, s = np.cos(a), np.sin(a)
    x = points[:, 0] * c - points[:, 1] * s
    points[:, 1] = points[:, 0] * s + points[:, 1] * c
    points[:, 0] = x
    return points


@njit
def corners(boxes):
    out = np.empty((boxes.shape[0], 4, 2))
    for i in range(boxes.shape[0]):
        for k in range(4):
            out[i, k, 0] = boxes[i, 0] + boxes[i, 3] * (0.5 - k % 2)
            out[i, k, 1] = boxes[i, 1] + boxes[i, 4] * (0.5 - k // 2)
    return out


@njit(parallel=True)
def monte_carlo_volume(boxes, n):
    """Volume of a union of boxes, for the evaluation."""
    inside = 0
    for _ in numba.prange(n):
        x = np.random.uniform(-1, 1)  # harmless: the evaluation, in the main process
        for b in range(boxes.shape[0]):
            if abs(x - boxes[b, 0]) < boxes[b, 3]:
                inside += 1
                break
    return inside / n
