import random as rnd

import cv2
import numpy as np
from torch.utils import data


class HeightMaps(data.Dataset):
    """Terrain tiles; keeps the *methods* of its generators."""

    def __init__(self, tiles, seed):
        gen = np.random.Generator(np.random.PCG64(seed))
        self._uniform = gen.uniform
        self._pick = rnd.Random(seed).choice
        self._normal = np.random.normal
        self.tiles = tiles
        self.offset = gen.uniform(-1, 1)  # harmless: one number, when it is made

    def __len__(self):
        return len(self.tiles)

    def __getitem__(self, i):
        tile = self.tiles[i] * self._uniform(0.9, 1.1)  # expect: SDA101
        tile = tile + self._normal(0, 0.01, tile.shape)  # expect: SDA102
        turn = self._pick((None, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE))  # expect: SDA101
        if turn is not None:
            tile = cv2.rotate(tile, turn)
        return tile[None].astype(np.float32)


class Quiet(HeightMaps):
    def __getitem__(self, i):
        uniform = np.random.default_rng().uniform
        return self.tiles[i] * uniform(0.99, 1.01)  # harmless: made in the sample, unseeded
