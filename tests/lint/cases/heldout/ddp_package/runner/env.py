import random

import numpy as np
import torch
import torch.distributed as dist


def init_dist(launcher, backend='nccl'):
    if launcher == 'none':
        return
    dist.init_process_group(backend=backend)


def set_random_seed(seed):
    random.seed(seed)  # allow: SDA402
    np.random.seed(seed)  # allow: SDA402
    torch.manual_seed(seed)  # allow: SDA402


def get_root_logger():
    return print if not dist.is_initialized() or dist.get_rank() == 0 else lambda *words: None
