import decord
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import video


class Kinetics(Dataset):
    def __init__(self, table, kind='random', frames=16, retries=5):
        self.table = table
        self.frames = video.make(kind, frames)
        self.scale = video.jittered_scale(0.8, 1.25, seed=1)
        self.retries = retries

    def __len__(self):
        return len(self.table)

    def __getitem__(self, i):
        for _ in range(self.retries):
            try:
                reader = decord.VideoReader(self.table[i])
            except RuntimeError:
                i = np.random.randint(len(self.table))  # expect: SDA102
                continue
            frames = reader.get_batch(self.frames(len(reader))).asnumpy()
            size = int(224 * self.scale())
            return torch.nn.functional.interpolate(torch.from_numpy(frames).permute(0, 3, 1, 2), size)
        raise RuntimeError('no video could be read')


def loaders(table):
    return {k: DataLoader(Kinetics(table, k), 8, num_workers=8) for k in ('random', 'dense', 'uniform')}
