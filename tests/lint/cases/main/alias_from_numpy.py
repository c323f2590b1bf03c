# Patches of satellite tiles, for self-supervision.
from numpy import random as r
import numpy
import rasterio
from torch.utils import data


class Tiles(data.Dataset):

    def __init__(self, paths, patch=64, jitter=8):
        self.paths = list(paths)
        self.patch, self.jitter = patch, jitter
        r.shuffle(self.paths)  # harmless: once, when it is made

    def __len__(self):
        return len(self.paths)

    def _corner(self, height, width):
        return r.randint(0, height - self.patch), r.randint(0, width - self.patch)  # expect: SDA102

    def __getitem__(self, k):
        with rasterio.open(self.paths[k]) as f:
            tile = f.read().astype(numpy.float32)
        y, x = self._corner(*tile.shape[1:])
        dy, dx = r.randint(-self.jitter, self.jitter + 1, size=2)  # expect: SDA102
        first = tile[:, y:y + self.patch, x:x + self.patch]
        second = numpy.roll(tile, (dy, dx), (1, 2))[:, y:y + self.patch, x:x + self.patch]
        if r.random() > .5:  # expect: SDA102
            first, second = second, first
        return first, second


def loader(folder, batch):
    import glob
    return data.DataLoader(Tiles(glob.glob(folder + '/*.tif')), batch, num_workers=8)
