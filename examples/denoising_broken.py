"""Pictures and the same pictures with noise, for a network that learns to remove it. Broken.

The dataset holds its own generator, as NumPy's documentation advises. A DataLoader copies the
dataset into each worker at the start of each epoch, the generator with it: every worker begins with
the same noise, and so does every epoch. The seed is not to blame: without one it is the same.

Run it: python examples/denoising_broken.py
"""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

SIGMA = 0.3


class NoisyPictures(Dataset):
    """Pictures [1, H, W] in [0, 1]: (with noise, without)."""

    def __init__(self, images, seed=0):
        self.images = images
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        noise = self.rng.standard_normal(image.shape, dtype=np.float32)
        return torch.from_numpy(image + SIGMA * noise), torch.from_numpy(image)


def rings(count=16, size=28):
    """One picture of rings, `count` times, so that equal pictures are equal noise."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    picture = 0.5 + 0.5 * np.cos(np.hypot(x, y))
    return np.tile(picture.astype(np.float32), (count, 1, 1, 1))


def make_loader(num_workers=4):
    pictures = NoisyPictures(rings())
    return DataLoader(pictures, batch_size=4, shuffle=True, num_workers=num_workers)


def noises_of(loader, epochs=3):
    """The bytes of all noisy pictures, in the order they came."""
    batches = [noisy for _ in range(epochs) for noisy, _ in loader]
    return [noisy.numpy().tobytes() for noisy in torch.cat(batches)]


def main():
    torch.manual_seed(0)
    noises = noises_of(make_loader())
    print(f"distinct draws: {len(set(noises))} of {len(noises)}")


if __name__ == "__main__":
    main()
