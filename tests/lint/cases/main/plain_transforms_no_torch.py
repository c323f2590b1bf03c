# encoding: utf-8
"""Transforms for ultrasound: classes with a __call__, and nothing else is known of them here."""
import math

import numpy as np
import numpy.random as random
import scipy.ndimage as nd


class Identity:
    def __call__(self, image, label):
        return image, label


class RandomRotation:
    def __init__(self, degrees, p=0.5):
        self.degrees, self.p = degrees, p

    def __call__(self, image, label):
        if random.random() > self.p:  # expect: SDA102
            return image, label
        angle = random.uniform(-self.degrees, self.degrees)  # expect: SDA102
        return nd.rotate(image, angle, reshape=False, order=1), nd.rotate(label, angle, reshape=False, order=0)


class Speckle:
    """Multiplicative noise; its state is the object's own."""

    def __init__(self, sigma, seed):
        self.sigma = sigma
        self.state = random.RandomState(seed)

    def __call__(self, image, label):
        return image * self.state.rayleigh(self.sigma, image.shape), label  # expect: SDA101


class ElasticDeformation:
    def __init__(self, alpha=20, sigma=4):
        self.alpha, self.sigma = alpha, sigma

    def field(self, shape):
        raw = random.uniform(-1, 1, shape)  # expect: SDA102
        return nd.gaussian_filter(raw, self.sigma) * self.alpha

    def __call__(self, image, label):
        grid = np.indices(image.shape).astype(float)
        grid = grid + np.stack([self.field(image.shape) for _ in range(image.ndim)])
        return nd.map_coordinates(image, grid, order=1), nd.map_coordinates(label, grid, order=0)


class OneOf:
    def __init__(self, *transforms):
        self.transforms = transforms

    def __call__(self, image, label):
        which = random.choice(len(self.transforms))  # expect: SDA102
        return self.transforms[which](image, label)


def default():
    speckle = Speckle(math.sqrt(2 / math.pi), seed=0)
    return OneOf(Identity(), RandomRotation(15), speckle, ElasticDeformation())
