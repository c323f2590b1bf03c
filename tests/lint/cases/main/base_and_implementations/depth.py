import cv2
import numpy as np

from base import BaseDataset


class Depth(BaseDataset):
    """Keeps the base's generator and asks it for more."""

    def read(self, index):
        return cv2.imread(self.opt.files[index], cv2.IMREAD_ANYDEPTH)

    def get_params(self, shape):
        params = super().get_params(shape)
        params['scale'] = self.random.uniform(1.0, 1.5)  # expect: SDA101
        return params


class Normals(BaseDataset):
    """Overrides the generator with the global one."""

    def make_random(self):
        return np.random

    def read(self, index):
        return np.load(self.opt.files[index])

    def finish(self, item, params):
        axis = np.random.choice([0, 1])  # expect: SDA102
        return np.flip(item, axis).copy()
