import numpy as np
from numpy import random

from .registry import register


@register
class PhotoMetric:
    def __init__(self, delta=32, contrast=(0.5, 1.5)):
        self.delta = delta
        self.low, self.high = contrast

    def __call__(self, results):
        img = results['img'].astype(np.float32)
        if random.randint(2):  # expect: SDA102
            img += random.uniform(-self.delta, self.delta)  # expect: SDA102
        mode = random.randint(2)  # expect: SDA102
        if mode == 1:
            img *= random.uniform(self.low, self.high)  # expect: SDA102
        results['img'] = img
        return results


@register
class Normalize:
    def __init__(self, mean, std):
        self.mean = np.array(mean, np.float32)
        self.std = np.array(std, np.float32)

    def __call__(self, results):
        results['img'] = (results['img'] - self.mean) / self.std
        return results
