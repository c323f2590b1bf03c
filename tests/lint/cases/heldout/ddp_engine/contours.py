import glob
from multiprocessing.dummy import Pool

import numpy as np
import torch
from torch.utils.data import Dataset


class Contours(Dataset):
    def __init__(self, folder):
        self.files = glob.glob(folder + '/*.npy')

    def __len__(self):
        return len(self.files)

    def part(self, contour):
        return np.roll(contour, np.random.randint(len(contour)), 0)  # expect: SDA103  # allow: SDA102

    def __getitem__(self, i):
        contours = np.load(self.files[i])
        np.random.shuffle(contours)  # expect: SDA102
        with Pool(4) as pool:
            return torch.from_numpy(np.stack(pool.map(self.part, contours)))


def worker_start(worker_id):
    np.random.seed(20)  # expect: SDA301
