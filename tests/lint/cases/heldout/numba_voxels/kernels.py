import math

import numba
import numpy as np


@numba.njit(fastmath=True)
def splat(points, size):
    grid = np.zeros((size, size, size), np.float32)
    for k in range(points.shape[0]):
        x = int(points[k, 0] * size + np.random.rand())  # expect: SDA104
        y = int(points[k, 1] * size + np.random.rand())  # expect: SDA104
        z = int(points[k, 2] * size)
        if 0 <= x < size and 0 <= y < size and 0 <= z < size:
            grid[x, y, z] += 1
    return grid


@numba.njit
def _normal(mean, sigma):
    return np.random.normal(mean, sigma)  # expect: SDA104


@numba.njit
def wobble(points, sigma):
    for k in range(points.shape[0]):
        for j in range(3):
            points[k, j] += _normal(0.0, sigma)
    return points


@numba.vectorize
def squash(x):
    return 1 / (1 + math.exp(-x))


@numba.njit(parallel=True)
def shuffle_rows(points):
    for k in range(len(points) - 1, 0, -1):
        j = np.random.randint(0, k + 1)  # expect: SDA104
        for c in range(points.shape[1]):
            points[k, c], points[j, c] = points[j, c], points[k, c]
    return points
