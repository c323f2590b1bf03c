import numpy as np
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import LSUN
from torchvision.transforms import ToTensor

from model import Generator, init_weights

G = Generator().apply(init_weights)
rng = np.random.default_rng(0)
fixed = torch.randn(64, 100)  # harmless: latents to look at
loader = DataLoader(LSUN('lsun', transform=ToTensor()), 64, shuffle=True, num_workers=4)


class ImagePool:
    """Past fakes, for the critic."""

    def __init__(self, size):
        self.size, self.images = size, []

    def __call__(self, batch):
        out = []
        for image in batch:
            if len(self.images) < self.size:
                self.images.append(image)
            elif np.random.uniform() > 0.5:  # harmless: called on fakes, in the training loop
                k = np.random.randint(len(self.images))  # harmless: called on fakes, in the training loop
                image, self.images[k] = self.images[k], image
            out.append(image)
        return torch.stack(out)


pool = ImagePool(50)
for epoch in range(5):
    for real, _ in loader:
        fake = pool(G.sample(len(real)))
        flip = rng.random() < 0.05  # harmless: training loop
        weight = torch.rand(len(real), 1, 1, 1)  # harmless: gradient penalty, training loop
        print(flip, (weight * real + (1 - weight) * fake[..., :64, :64]).mean())
