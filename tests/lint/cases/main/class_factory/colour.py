import random

import numpy as np


def bright(rng, image, amount):
    image *= 1.0 + rng.uniform(low=-amount, high=amount)  # expect: SDA101


def contrast(rng, image, amount):
    alpha = 1.0 + rng.uniform(low=-amount, high=amount)  # expect: SDA101
    image *= alpha
    image += (1 - alpha) * image.mean()


def colour_aug(rng, image, eig):
    functions = [bright, contrast]
    random.shuffle(functions)  # expect: SDA111
    for function in functions:
        function(rng, image, 0.4)
    image += np.dot(eig, rng.normal(scale=0.1, size=(3,)))  # expect: SDA101
