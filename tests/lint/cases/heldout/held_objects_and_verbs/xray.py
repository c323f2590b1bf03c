import cv2 as cv
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from scaler import Plan, Scaler


def sprinkle(count, shape):
    """Points, once for good or for each sample: as one calls it."""
    return np.random.randint(0, shape[0], (count, 2))  # expect: SDA102


class XRay(Dataset):
    def __init__(self, files, seed=0):
        self.files = files
        self.scaler = Scaler((0.5, 1.0, 2.0), seed)
        self.plan = Plan(np.random.default_rng(seed))
        self.dead = sprinkle(20, (512, 512))

    def __len__(self):
        return len(self.files)

    def roll(self, image):
        rows, columns = self.plan.spec(image)
        image[rows, columns] = 0
        for y, x in sprinkle(5, image.shape):
            image[y, x] = 1
        return image

    def __getitem__(self, i):
        image = cv.imread(self.files[i], cv.IMREAD_GRAYSCALE) / 255
        image = cv.resize(image, None, fx=self.scaler.pick(i), fy=1)
        image = self.roll(image * self.scaler.grain(image.shape, 1000))
        field = np.zeros(image.shape)
        cv.randu(field, 0, 0.01)  # expect: SDA105
        return torch.from_numpy(image + field)


def build(files):
    return DataLoader(XRay(files), batch_size=None, num_workers=4)
