"""Seeds that are set where samples are made, and are the same every time."""
import random

import numpy as np
import torch
import torchvision.transforms as T
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class Segmentation(Dataset):
    """Transforms image and mask alike, by a seed; the seed is always the same."""

    def __init__(self, images, masks, seed=42):
        self.images, self.masks = images, masks
        self.seed = seed
        self.aug = T.Compose([T.RandomHorizontalFlip(), T.RandomRotation(30), T.ToTensor()])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image, mask = Image.open(self.images[i]), Image.open(self.masks[i])
        torch.manual_seed(self.seed)  # expect: SDA201
        image = self.aug(image)
        torch.manual_seed(self.seed)  # expect: SDA201
        mask = self.aug(mask)
        return image, mask


class Patches(Dataset):
    def __init__(self, arrays, n=16):
        self.arrays, self.n = arrays, n

    def __len__(self):
        return len(self.arrays)

    def __getitem__(self, i):
        np.random.seed(0)  # expect: SDA201
        array = self.arrays[i]
        corners = np.random.randint(0, array.shape[0] - 32, (self.n, 2))  # harmless: seeded above
        return np.stack([array[y:y + 32, x:x + 32] for y, x in corners])


class Negatives(Dataset):
    SEED = 1234

    def __init__(self, pairs, items):
        self.pairs, self.items = pairs, items

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        rng = np.random.default_rng(self.SEED)  # expect: SDA201
        negatives = rng.choice(self.items, 8)  # harmless: the seed is the matter
        return self.pairs[i], negatives


class Dropout1d:
    def __init__(self, p):
        self.p = p

    def __call__(self, signal):
        dice = random.Random(99)  # expect: SDA201
        keep = [dice.random() > self.p for _ in signal]  # harmless: the seed is the matter
        return signal * np.array(keep)


def train(data):
    torch.manual_seed(0)  # harmless: main process
    loader = DataLoader(data, 8, shuffle=True, num_workers=4)
    for epoch in range(10):
        np.random.seed(epoch)  # harmless: main process
        for batch in loader:
            print(epoch, batch[0].shape)
