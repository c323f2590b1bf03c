"""Bags of digits for multiple-instance learning."""
import numpy as np
import torch
import torch.utils.data as data_utils
from torchvision import datasets, transforms


class MnistBags(data_utils.Dataset):
    def __init__(self, target=9, mean=10, var=2, bags=250, seed=1, train=True, fixed=True):
        self.target, self.mean, self.var = target, mean, var
        self.bags = bags
        self.r = np.random.RandomState(seed)
        self.train = train
        mnist = datasets.MNIST('mnist', train=train, transform=transforms.ToTensor())
        self.images, self.labels = mnist.data, mnist.targets
        self.fixed = [self._bag() for _ in range(bags)] if not train else None

    def _bag(self):
        n = max(1, int(self.r.normal(self.mean, self.var)))  # expect: SDA101
        rows = self.r.randint(0, len(self.images), n)  # expect: SDA101
        return self.images[rows], self.labels[rows] == self.target

    def __len__(self):
        return self.bags

    def __getitem__(self, i):
        if self.train:
            bag, label = self._bag()
        else:
            bag, label = self.fixed[i]
        return bag, [label.max(), label]


class FixedBags(data_utils.Dataset):
    def __init__(self, images, seed=1):
        r = np.random.RandomState(seed)
        self.bags = [images[r.choice(len(images), r.randint(5, 15))] for _ in range(100)]  # harmless: when made

    def __len__(self):
        return len(self.bags)

    def __getitem__(self, i):
        return self.bags[i]


if __name__ == '__main__':
    loader = data_utils.DataLoader(MnistBags(), batch_size=1, shuffle=True, num_workers=1)
    sizes = [bag.shape[0] for bag, _ in loader]
    print(np.mean(sizes), np.random.choice(sizes))  # harmless: main process
