import random

import numpy as np
import torch


def worker_seed_fn(worker_id):
    np.random.seed(torch.initial_seed() % 2 ** 32)  # expect: SDA305


def worker_staticseed_fn(worker_id):
    np.random.seed(worker_id)  # expect: SDA305  # allow: SDA302


def python_and_torch(worker_id):
    seed = torch.utils.data.get_worker_info().seed
    random.seed(seed)  # expect: SDA305
    torch.manual_seed(seed)  # allow: SDA305


class MaybeSeed:
    def __init__(self, seed=None):
        self.seed = seed

    def __call__(self, worker_id):
        if self.seed is not None:
            np.random.seed(self.seed + worker_id)  # expect: SDA305  # allow: SDA302
