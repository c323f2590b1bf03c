"""Augmentation policies over PIL pictures."""
import numpy as np
import random as pyrandom
from PIL import Image, ImageEnhance, ImageOps


def shear(img, v):
    return img.transform(img.size, Image.AFFINE, (1, v, 0, 0, 1, 0))


def posterize(img, v):
    return ImageOps.posterize(img, int(v))


def colour(img, v):
    return ImageEnhance.Color(img).enhance(v)


OPS = [(shear, -0.3, 0.3), (posterize, 4, 8), (colour, 0.1, 1.9)]


class RandAugment:
    def __init__(self, n, rng=None):
        self.n = n
        self.rng = rng if rng is not None else np.random

    def __call__(self, img):
        for k in self.rng.choice(len(OPS), self.n):  # expect: SDA102
            op, low, high = OPS[k]
            img = op(img, self.rng.uniform(low, high))  # expect: SDA102
        return img


class AugMix:
    def __init__(self, width=3, depth=3, alpha=1.0, seed=0):
        self.width, self.depth, self.alpha = width, depth, alpha
        self.gen = np.random.default_rng(seed)

    def _chain(self, img):
        for _ in range(self.gen.integers(1, self.depth + 1)):  # expect: SDA101
            op, low, high = pyrandom.choice(OPS)  # expect: SDA111
            img = op(img, low + (high - low) * self.gen.beta(2, 2))  # expect: SDA101
        return np.asarray(img, np.float32)

    def __call__(self, img):
        weights = self.gen.dirichlet([self.alpha] * self.width)  # expect: SDA101
        mixed = sum(w * self._chain(img) for w in weights)
        m = np.float32(self.gen.beta(self.alpha, self.alpha))  # expect: SDA101
        return (1 - m) * np.asarray(img, np.float32) + m * mixed


class MildPolicy:
    """Always the same."""

    def __init__(self):
        rng = np.random.RandomState(4)
        self.chosen = [OPS[rng.randint(len(OPS))] for _ in range(2)]  # harmless: when it is made

    def __call__(self, img):
        for op, low, high in self.chosen:
            img = op(img, (low + high) / 2)
        return img


policies = {'rand': lambda: RandAugment(2), 'augmix': AugMix, 'mild': MildPolicy}
