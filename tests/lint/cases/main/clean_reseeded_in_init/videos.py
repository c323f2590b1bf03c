import random

import numpy as np
import torch
from torch.utils.data import Dataset


class Videos(Dataset):
    """Holds a generator; every worker gets another one from `seed_dataset`."""

    def __init__(self, videos, length):
        self.videos, self.length = videos, length
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(self.videos)

    def __getitem__(self, i):
        video = self.videos[i]
        start = self.rng.integers(len(video) - self.length)  # harmless: replaced in each worker
        if self.rng.random() < 0.5:  # harmless: replaced in each worker
            video = video[:, :, ::-1]
        return torch.from_numpy(video[start:start + self.length].copy())


def seed_dataset(worker_id):
    info = torch.utils.data.get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)  # harmless: from torch's seed for this worker
    random.seed(info.seed)  # harmless: from torch's seed for this worker
