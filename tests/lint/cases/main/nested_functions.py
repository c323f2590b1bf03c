"""Cropping and pasting with functions inside of functions."""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import CIFAR10


def lottery(p):
    def decide():
        return np.random.rand() < p  # expect: SDA102
    return decide


def make_transform(size, seed):
    rng = np.random.RandomState(seed)
    flip = lottery(0.5)

    def crop(image):
        def corner(side):
            return rng.randint(0, side - size + 1)  # expect: SDA101

        x, y = (corner(side) for side in image.size)
        return image.crop((x, y, x + size, y + size))

    def maybe_flip(image):
        return image.transpose(0) if flip() else image

    return transforms.Compose([
        transforms.Lambda(crop),
        transforms.Lambda(maybe_flip),
        transforms.ToTensor(),
        transforms.Lambda(lambda x: x + 0.05 * torch.from_numpy(rng.randn(*x.shape)).float()),  # expect: SDA101
        lambda x: x * np.random.uniform(0.9, 1.1),  # expect: SDA102
    ])


def wrap(dataset):
    class Numbered(Dataset):
        def __len__(self):
            return len(dataset)

        def __getitem__(self, i):
            jump = np.random.poisson(0.1)  # expect: SDA102
            return (i, *dataset[(i + jump) % len(dataset)])

    return Numbered()


def loaders(root):
    data = CIFAR10(root, transform=make_transform(28, seed=0))
    keep = lottery(0.1)
    part = [i for i in range(len(data)) if keep()]
    yield DataLoader(wrap(data), 256, shuffle=True, num_workers=4)
    yield DataLoader(torch.utils.data.Subset(data, part), 256, num_workers=4)
