"""Pictures and the same pictures with noise, for a network that learns to remove it. Mended.

Against denoising_broken.py: a transform that holds no state makes the noise, from the key of the
sample; the dataset is wrapped to give each sample its key; the loader counts the epochs.

Run it: python examples/denoising_mended.py
"""

import numpy as np
import torch
from torch.utils.data import Dataset

import seedaug

SIGMA = 0.3


class NoisyPictures(Dataset):
    """Pictures [1, H, W] in [0, 1]: (with noise, without)."""

    def __init__(self, images):
        self.images = images
        self.add_noise = seedaug.GaussianNoise(sigma=SIGMA, clip=False)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index])
        return self.add_noise(image), image


def rings(count=16, size=28):
    """One picture of rings, `count` times, so that equal pictures are equal noise."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    picture = 0.5 + 0.5 * np.cos(np.hypot(x, y))
    return np.tile(picture.astype(np.float32), (count, 1, 1, 1))


def make_loader(num_workers=4):
    keyed = seedaug.SeededDataset(NoisyPictures(rings()), seed=0)
    return seedaug.DataLoader(keyed, batch_size=4, shuffle=True, num_workers=num_workers)


def noises_of(loader, epochs=3):
    """The bytes of all noisy pictures, in the order they came."""
    batches = [noisy for _ in range(epochs) for noisy, _ in loader]
    return [noisy.numpy().tobytes() for noisy in torch.cat(batches)]


def main():
    noises = noises_of(make_loader())
    print(f"distinct draws: {len(set(noises))} of {len(noises)}")
    same = noises == noises_of(make_loader(num_workers=0))
    print(f"    the same noise with 0 workers as with 4: {'yes' if same else 'no'}")


if __name__ == "__main__":
    main()
