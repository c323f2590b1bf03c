import random

import numpy as np
from PIL import Image, ImageOps
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder, VOCSegmentation


class SolarizeSometimes(object):
    def __init__(self, p, seed=None):
        self.p = p
        self.dice = random.Random(seed)

    def __call__(self, img):
        if self.dice.random() < self.p:  # expect: SDA101
            return ImageOps.solarize(img, threshold=self.dice.randint(64, 192))  # expect: SDA101
        return img


class PairedCrop(object):
    """The same window out of image and mask."""

    def __init__(self, size, state=np.random.RandomState(7)):
        self.size = size
        self.state = state

    def __call__(self, image, mask):
        w, h = image.size
        x = self.state.randint(0, w - self.size + 1)  # expect: SDA101
        y = self.state.randint(0, h - self.size + 1)  # expect: SDA101
        box = (x, y, x + self.size, y + self.size)
        return image.crop(box), mask.crop(box)


class Places(ImageFolder):
    """ImageFolder whose pictures come with a caption, one of several."""

    def __init__(self, root, captions, transform):
        super().__init__(root, transform=transform)
        self.captions = captions
        self.pick = random.Random(0)

    def __getitem__(self, i):
        image, label = super().__getitem__(i)
        return image, self.pick.choice(self.captions[self.classes[label]])  # expect: SDA101


crop = PairedCrop(321)
voc = VOCSegmentation('voc', transforms=crop)
places = Places('places', {}, SolarizeSometimes(0.2))
loaders = [DataLoader(d, 16, num_workers=4) for d in (voc, places)]
splitter = random.Random(13)
held_out = splitter.sample(range(len(places)), 500)  # harmless: a split, in the main process
