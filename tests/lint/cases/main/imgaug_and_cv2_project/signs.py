import cv2
import imgaug.augmenters as iaa
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import aug


class Signs(Dataset):
    def __init__(self, files, labels, outside=True):
        self.files, self.labels = files, labels
        self.steps = [aug.grain, aug.dust] + ([aug.outdoors] if outside else [])
        self.turn = iaa.Rot90((0, 3))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        image = cv2.imread(self.files[i])
        for step in self.steps:
            image = step(image)
        image = self.turn.augment(image=image)  # expect: SDA105
        return torch.from_numpy(image.transpose(2, 0, 1).copy()), self.labels[i]


def build(files, labels):
    cv2.setRNGSeed(0)  # harmless: in the main process
    return DataLoader(Signs(files, labels), 32, num_workers=4)
