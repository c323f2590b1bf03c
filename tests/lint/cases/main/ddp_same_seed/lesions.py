import numpy as np
import torch
from torch.utils.data import Dataset


class Lesions(Dataset):
    def __init__(self, volumes):
        self.volumes = volumes

    def __len__(self):
        return len(self.volumes)

    def __getitem__(self, i):
        image, mask = self.volumes[i]
        gamma = np.random.uniform(0.7, 1.5)  # expect: SDA102
        if torch.rand(1) < 0.5:  # expect: SDA111
            image, mask = image.flip(-1), mask.flip(-1)
        return image ** gamma, mask
