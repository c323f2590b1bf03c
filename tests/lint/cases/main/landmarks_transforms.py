from __future__ import print_function, division
import os

import numpy as np
import pandas as pd
import torch
from skimage import io, transform
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class LandmarksDataset(Dataset):
    """Faces with the coordinates of their landmarks."""

    def __init__(self, csv_file, root_dir, transform=None):
        self.table = pd.read_csv(csv_file)
        self.root_dir = root_dir
        self.transform = transform

    def __len__(self):
        return len(self.table)

    def __getitem__(self, idx):
        name = os.path.join(self.root_dir, self.table.iloc[idx, 0])
        image = io.imread(name)
        points = self.table.iloc[idx, 1:].to_numpy(dtype=float).reshape(-1, 2)
        sample = {'image': image, 'landmarks': points}
        if self.transform:
            sample = self.transform(sample)
        return sample


class Shrink(object):
    def __init__(self, size):
        self.size = size

    def __call__(self, sample):
        image, points = sample['image'], sample['landmarks']
        h, w = image.shape[:2]
        scale = self.size / min(h, w)
        image = transform.resize(image, (int(h * scale), int(w * scale)))
        return {'image': image, 'landmarks': points * scale}


class CropAtRandom(object):
    def __init__(self, output_size):
        self.output_size = (output_size, output_size)

    def __call__(self, sample):
        image, points = sample['image'], sample['landmarks']
        h, w = image.shape[:2]
        new_h, new_w = self.output_size
        top = np.random.randint(0, h - new_h)  # expect: SDA102
        left = np.random.randint(0, w - new_w)  # expect: SDA102
        image = image[top:top + new_h, left:left + new_w]
        return {'image': image, 'landmarks': points - [left, top]}


class ToTensor(object):
    def __call__(self, sample):
        image = sample['image'].transpose((2, 0, 1))
        return {'image': torch.from_numpy(image), 'landmarks': torch.from_numpy(sample['landmarks'])}


faces = LandmarksDataset('faces/landmarks.csv', 'faces/',
                         transform=transforms.Compose([Shrink(256), CropAtRandom(224), ToTensor()]))
loader = DataLoader(faces, batch_size=4, shuffle=True, num_workers=4)

for i, batch in enumerate(loader):
    print(i, batch['image'].size(), batch['landmarks'].size())
    if i == 3:
        break
shown = np.random.choice(len(faces), 4)  # harmless: picks pictures to show, in the main process
