import random

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset


class JointTransform:
    """One seed for image and depth. It never changes."""

    def __init__(self, transform, seed=0):
        self.transform = transform
        self.seed = seed

    def __call__(self, image, depth):
        random.seed(self.seed)  # expect: SDA201
        image = self.transform(image)
        random.seed(self.seed)  # expect: SDA201
        return image, self.transform(depth)


class JointTransformAnew:
    def __init__(self, transform):
        self.transform = transform

    def __call__(self, image, depth):
        seed = random.getrandbits(31)  # expect: SDA111
        random.seed(seed)  # harmless: a seed that was just drawn
        image = self.transform(image)
        random.seed(seed)  # harmless: a seed that was just drawn
        return image, self.transform(depth)


class Stream(IterableDataset):
    def __init__(self, files, joint):
        self.files, self.joint = files, joint

    def __iter__(self):
        rng = np.random.RandomState(1)  # expect: SDA201
        for image, depth in self.files:
            if rng.rand() < 0.9:  # harmless: the seed is the matter
                yield self.joint(Image.open(image), Image.open(depth))


def collate(batch):
    torch.manual_seed(17)  # expect: SDA201
    images = torch.stack([image for image, _ in batch])
    return images, [depth for _, depth in batch]


def build(files, transform):
    return DataLoader(Stream(files, JointTransform(transform)), 8, collate_fn=collate, num_workers=3)


def build_anew(files, transform):
    return DataLoader(Stream(files, JointTransformAnew(transform)), 8, num_workers=3)
