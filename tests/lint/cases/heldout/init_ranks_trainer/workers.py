"""What workers begin with."""
from dataclasses import dataclass

import numpy as np


@dataclass
class EpochInit:
    seed: int
    epoch: int

    def __call__(self, worker_id):
        np.random.seed((self.seed, self.epoch, worker_id))  # expect: SDA304


@dataclass
class RankedInit:
    seed: int
    epoch: int
    rank: int

    def __call__(self, worker_id):
        np.random.seed((self.seed, self.epoch, self.rank, worker_id))  # harmless: has the rank
