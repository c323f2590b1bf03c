import random

import numpy as np
import torch
from PIL import Image
from torch.utils import data
from torchvision import transforms as T


class SuperResolution(data.Dataset):
    """Low and high resolution; the crop of a picture never changes."""

    def __init__(self, files, scale=4, size=192):
        self.files, self.scale, self.size = files, scale, size

    def __len__(self):
        return len(self.files)

    def crop_at(self, w, h, seed):
        dice = random.Random(seed)
        return dice.randrange(w - self.size), dice.randrange(h - self.size)  # harmless: a fresh one

    def __getitem__(self, idx):
        image = Image.open(self.files[idx])
        random.seed(idx)  # expect: SDA202
        x = random.randrange(image.width - self.size)  # harmless: seeded above
        y = random.randrange(image.height - self.size)  # harmless: seeded above
        high = image.crop((x, y, x + self.size, y + self.size))
        low = high.resize((self.size // self.scale,) * 2, Image.BICUBIC)
        return T.functional.to_tensor(low), T.functional.to_tensor(high)


class TwoStreams(data.Dataset):
    def __init__(self, rgb, depth, base_seed):
        self.rgb, self.depth = rgb, depth
        self.base_seed = base_seed
        self.aug = T.RandomResizedCrop(224)

    def __len__(self):
        return len(self.rgb)

    def __getitem__(self, n):
        seed = hash((self.base_seed, n)) % 2 ** 31
        torch.manual_seed(seed)  # expect: SDA202
        rgb = self.aug(self.rgb[n])
        torch.manual_seed(seed)  # expect: SDA202
        depth = self.aug(self.depth[n])
        return rgb, depth


class SameForBoth(data.Dataset):
    """One seed, drawn anew, for both: nothing repeats."""

    def __init__(self, rgb, depth):
        self.rgb, self.depth = rgb, depth
        self.aug = T.RandomResizedCrop(224)

    def __len__(self):
        return len(self.rgb)

    def __getitem__(self, n):
        seed = np.random.randint(2 ** 31)  # expect: SDA102
        torch.manual_seed(seed)  # harmless: a seed that was just drawn
        rgb = self.aug(self.rgb[n])
        torch.manual_seed(seed)  # harmless: a seed that was just drawn
        return rgb, self.aug(self.depth[n])


class Windows(data.Dataset):
    def __init__(self, series, length):
        self.series, self.length = series, length

    def __len__(self):
        return len(self.series)

    def __getitem__(self, i):
        state = np.random.RandomState(seed=i % 1000)  # expect: SDA202
        start = state.randint(len(self.series[i]) - self.length)  # harmless: the seed is the matter
        return self.series[i][start:start + self.length]
