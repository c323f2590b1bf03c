import numpy as np
import torch
from torch.utils.data import Dataset

from reader import WindowReader


class Sleep(Dataset):
    def __init__(self, nights, per_item=16):
        self.nights = nights
        self.per_item = per_item
        self.reader = WindowReader(3000, 8)

    def __len__(self):
        return len(self.nights) // self.per_item

    def __getitem__(self, i):
        part = self.nights[i * self.per_item:(i + 1) * self.per_item]
        recordings = [np.load(night, mmap_mode='r') for night in part]
        return torch.from_numpy(self.reader.many(recordings).copy())
