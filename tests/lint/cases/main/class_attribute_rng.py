import numpy as np
import torch
from torch.utils.data import Dataset

rng = np.random.default_rng(2023)


class PeriodicTable:
    """A namespace, as some like it."""
    RANDOM = np.random.RandomState(118)


class Crystals(Dataset):
    rng = np.random.default_rng(0)
    shift = staticmethod(np.random.uniform)

    def __init__(self, structures, supercell=(1, 3)):
        self.structures = structures
        self.supercell = supercell

    def __len__(self):
        return len(self.structures)

    @classmethod
    def rotation(cls):
        q = cls.rng.normal(size=4)  # expect: SDA101
        w, x, y, z = q / np.linalg.norm(q)
        return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                         [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                         [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])

    @staticmethod
    def strain():
        return np.eye(3) + PeriodicTable.RANDOM.uniform(-0.02, 0.02, (3, 3))  # expect: SDA101

    def __getitem__(self, index):
        positions, species = self.structures[index]
        positions = positions @ self.rotation() @ self.strain()
        n = Crystals.rng.integers(*self.supercell)  # expect: SDA101
        origin = rng.uniform(size=3)  # expect: SDA101
        positions = np.concatenate([positions + origin + k for k in range(n)])
        return torch.from_numpy(positions), torch.from_numpy(np.tile(species, n))


def toy(n):
    return [(rng.uniform(size=(4, 3)), rng.integers(1, 90, 4)) for _ in range(n)]  # harmless: main process
