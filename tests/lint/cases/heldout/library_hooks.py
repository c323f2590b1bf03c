"""Below the bases of libraries, and given to their hooks."""
import random

import albumentations as A
import numpy as np
import torch
import torchvision
from audiomentations.core.transforms_interface import BaseWaveformTransform
from torchvision.transforms import v2
from torchvision.datasets import DatasetFolder, VisionDataset


class Clicks(BaseWaveformTransform):
    def randomize_parameters(self, samples, sample_rate):
        super().randomize_parameters(samples, sample_rate)
        if self.parameters['should_apply']:
            self.parameters['at'] = np.random.randint(len(samples))  # expect: SDA102

    def apply(self, samples, sample_rate):
        samples = samples.copy()
        samples[self.parameters['at']] = 1.0
        return samples


class Squares(torchvision.transforms.RandomCrop):
    rs = np.random.RandomState(3)

    def forward(self, img):
        if self.rs.random_sample() < 0.5:  # expect: SDA101
            img = torchvision.transforms.functional.rotate(img, 90)
        return super().forward(img)


class Tint(v2.Transform):
    def transform(self, inpt, params):
        return inpt * np.random.uniform(0.9, 1.1)  # expect: SDA102


class Letters(DatasetFolder):
    rng = random.Random(26)

    def __getitem__(self, index):
        one, label = super().__getitem__(index)
        two, _ = super().__getitem__(self.rng.randrange(len(self)))  # expect: SDA101
        return one, two, label


class Charts(VisionDataset):
    def __init__(self, root, transform=None):
        super().__init__(root, transform=transform)
        self.order = np.random.permutation(100)  # harmless: when it is made

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        chart = np.zeros((64, 64, 3), np.uint8)
        chart[np.random.choice(64, 8)] = 255  # expect: SDA102
        return self.transform(image=chart)['image'] if self.transform else chart


generator = np.random.default_rng(0)
pipeline = A.Compose([
    A.RandomBrightnessContrast(p=0.2),
    A.Lambda(image=lambda image, **_: np.roll(image, generator.integers(9), 0)),  # expect: SDA101
])
seeded = A.Compose([A.HorizontalFlip()], seed=137)  # harmless: Albumentations tells workers apart


def demo():
    print(generator.random(), torch.rand(1), random.random())  # harmless: main process
