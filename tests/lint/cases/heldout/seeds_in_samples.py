"""Seeds in all the wrong places, and a few right ones."""
import random
import zlib

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset

from torchvision import transforms

augment = transforms.RandomErasing()


class ByChecksum(Dataset):
    """The seed is a checksum of the index: the same in every epoch."""

    def __init__(self, names):
        self.names = names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        rng = np.random.RandomState(zlib.crc32(str(index).encode()) % 2 ** 32)  # expect: SDA202
        return np.load(self.names[index])[rng.randint(100):]  # harmless: the seed is the matter


class ByIndex(ByChecksum):
    def __init__(self, names, offset):
        super().__init__(names)
        self.offset = offset

    def __getitem__(self, index):
        torch.manual_seed(self.offset * 10 ** 6 + index)  # expect: SDA202
        return augment(torch.from_numpy(np.load(self.names[index])))


class ByIndexPython(ByChecksum):
    def __getitem__(self, index):
        local = random.Random(f'sample {index}')  # expect: SDA202
        rows = np.load(self.names[index])
        return rows[local.randrange(len(rows))]  # harmless: the seed is the matter


class ByIndexAndEpoch(ByChecksum):
    epoch = 0

    def __getitem__(self, index):
        key = np.random.SeedSequence(entropy=5, spawn_key=(self.epoch, index))
        rng = np.random.Generator(np.random.Philox(key))  # harmless: index and epoch
        return np.load(self.names[index])[rng.integers(100):]  # harmless: index and epoch


class Fixed(ByChecksum):
    def __getitem__(self, index):
        random.seed(0)  # expect: SDA201
        start = random.randrange(100)  # harmless: seeded above
        return np.load(self.names[index])[start:]


class FixedStream(IterableDataset):
    def __init__(self, source, seed=8):
        self.source, self.seed = source, seed

    def __iter__(self):
        np.random.seed(self.seed)  # expect: SDA201
        for item in self.source:
            yield item + np.random.randn()  # harmless: seeded above


class FixedCrop:
    def __init__(self, size):
        self.size = size

    def __call__(self, image):
        g = torch.Generator().manual_seed(0)  # expect: SDA201
        y = torch.randint(image.shape[-2] - self.size, (), generator=g)  # harmless: the seed is the matter
        return image[..., y:y + self.size, :]


class System(ByChecksum):
    def __getitem__(self, index):
        np.random.seed()  # harmless: from the operating system
        return np.load(self.names[index])[np.random.randint(100):]  # harmless: seeded above
