import numpy as np
import torch
from torch.utils.data import Dataset, get_worker_info


class Crops(Dataset):
    """Base of the crops: who draws, and from what, is left to those below."""

    def __init__(self, images, size):
        self.images = images
        self.size = size

    @property
    def rng(self):
        raise NotImplementedError

    def __len__(self):
        return len(self.images)

    def window(self, image):
        raise NotImplementedError

    def __getitem__(self, i):
        y, x = self.window(self.images[i])
        return torch.from_numpy(self.images[i][y:y + self.size, x:x + self.size])


class CopiedCrops(Crops):
    """Every worker gets a copy of the one that was made here."""

    def __init__(self, images, size, seed):
        super().__init__(images, size)
        self._state = np.random.RandomState(seed)

    @property
    def rng(self):
        return self._state

    def window(self, image):
        h, w = image.shape[:2]
        return self.rng.randint(h - self.size), self.rng.randint(w - self.size)  # expect: SDA101


class OwnCrops(Crops):
    """Each worker makes its own, from the seed that torch gives it."""

    _rng = None

    @property
    def rng(self):
        if self._rng is None:
            info = get_worker_info()
            self._rng = np.random.default_rng(info.seed if info else None)
        return self._rng

    def window(self, image):
        h, w = image.shape[:2]
        y = self.rng.integers(h - self.size)  # harmless: made in the worker, from the worker's seed
        x = self.rng.integers(w - self.size)  # harmless: made in the worker, from the worker's seed
        return y, x


class FrozenCrops(Crops):
    """Made in the worker, but alike in all of them."""

    def __init__(self, images, size, seed=0):
        super().__init__(images, size)
        self.seed = seed
        self._rng = None

    @property
    def rng(self):
        if self._rng is None:
            self._rng = np.random.default_rng(self.seed)  # expect: SDA201
        return self._rng

    def window(self, image):
        h, w = image.shape[:2]
        y = self.rng.integers(h - self.size)  # allow: SDA101
        x = self.rng.integers(w - self.size)  # allow: SDA101
        return y, x
