import random

import numpy as np
import torch


def seed_all(seed):
    random.seed(seed)  # harmless: called in the main process
    np.random.seed(seed)  # harmless: called in the main process
    torch.manual_seed(seed)  # harmless: called in the main process


def worker_init_fn(worker_id):
    """PyTorch's workers share NumPy's seed: give each its own."""
    np.random.seed(np.random.get_state()[1][0] + worker_id)  # expect: SDA303


def worker_init_both(worker_id):
    seed = int(np.random.get_state()[1][0]) + worker_id
    np.random.seed(seed % 2 ** 32)  # expect: SDA303
    random.seed(seed)  # allow: SDA303, SDA305


def worker_init_good(worker_id):
    info = torch.utils.data.get_worker_info()
    np.random.seed(info.seed % 2 ** 32)  # harmless: torch's seed for this worker
    random.seed(info.seed)  # harmless: torch's seed for this worker
