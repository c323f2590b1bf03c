import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from blocks import quiet_numpy, sample_seed, torch_block


class Shards(Dataset):
    def __init__(self, images, seed=0):
        self.images, self.seed = images, seed
        self.epoch = 0
        self.crop = v2.RandomCrop(32)

    def __len__(self):
        return len(self.images)


class Repeated(Shards):
    def __getitem__(self, index):
        with sample_seed(index):  # expect: SDA202
            k = random.randrange(4)  # harmless: seeded by the block around it
        return torch.rot90(self.images[index], k, (-2, -1))


class Keyed(Shards):
    def __getitem__(self, index):
        with torch_block(self.seed, self.epoch, index):
            noise = torch.randn(3, 32, 32)  # harmless: seeded by the block around it
            return self.crop(self.images[index]) + noise


class Forked(Shards):
    def __getitem__(self, index):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed + index)  # expect: SDA202
            return self.crop(self.images[index])


def summary(data):
    with quiet_numpy():
        shown = np.random.choice(len(data), 5)  # harmless: main process
    return [data[int(i)].mean() for i in shown]


if __name__ == '__main__':
    images = torch.rand(100, 3, 64, 64)  # harmless: made-up, main process
    for kind in (Repeated, Keyed, Forked):
        data = kind(images)
        summary(data)
        for epoch in range(3):
            data.epoch = epoch
            for batch in DataLoader(data, 10, num_workers=2):
                print(batch.shape)
