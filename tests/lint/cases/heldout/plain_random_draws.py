import random as rd
from random import shuffle

import torch
from torch.utils.data import Dataset, IterableDataset
from torchvision.transforms import functional as F


class PairedFlip:
    def __init__(self, p):
        self.p = p

    def __call__(self, image, mask):
        if torch.rand(1).item() < self.p:  # expect: SDA111
            image, mask = F.hflip(image), F.hflip(mask)
        if rd.random() < self.p:  # expect: SDA111
            image = F.adjust_gamma(image, rd.uniform(0.8, 1.2))  # expect: SDA111
        return image, mask


class Scenes(Dataset):
    def __init__(self, scenes, pairs=2):
        self.scenes, self.pairs = scenes, pairs
        self.flip = PairedFlip(0.5)

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, i):
        views = rd.sample(self.scenes[i], self.pairs)  # expect: SDA111
        shuffle(views)  # expect: SDA111
        return [self.flip(*view) for view in views]


class Words(IterableDataset):
    def __init__(self, lines):
        self.lines = lines

    def __iter__(self):
        for line in self.lines:
            words = line.split()
            cut = torch.randint(1, len(words) + 1, (1,)).item()  # expect: SDA111
            noise = torch.empty(8).normal_(0, 0.1)  # expect: SDA111
            yield words[:cut], noise


def epoch(model, loader):
    for batch in loader:
        noise = torch.normal(0.0, 0.1, batch.shape)  # harmless: training loop
        if rd.random() < model.p:  # harmless: training loop
            model(batch + noise)
