import random

import cv2
import numpy as np
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler


class Poses(Dataset):
    def __init__(self, annotations, is_train):
        self.annotations = annotations
        self.is_train = is_train
        self.scale_factor, self.rotation_factor = 0.3, 40

    def __len__(self):
        return len(self.annotations)

    def __getitem__(self, i):
        a = self.annotations[i]
        image, joints, scale, angle = cv2.imread(a['image']), a['joints'], 1.0, 0.0
        if self.is_train:
            sf, rf = self.scale_factor, self.rotation_factor
            scale *= np.clip(np.random.randn() * sf + 1, 1 - sf, 1 + sf)  # expect: SDA102
            angle = np.clip(np.random.randn() * rf, -2 * rf, 2 * rf) if random.random() <= 0.6 else 0  # expect: SDA102, SDA111
        h, w = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((w / 2, h / 2), angle, scale)
        return cv2.warpAffine(image, matrix, (w, h)), joints @ matrix[:, :2].T + matrix[:, 2]


def make_loader(annotations, is_train, batch):
    data = Poses(annotations, is_train)
    sampler = DistributedSampler(data, shuffle=is_train)  # expect: SDA401
    return DataLoader(data, batch, sampler=sampler, num_workers=4, drop_last=is_train)
