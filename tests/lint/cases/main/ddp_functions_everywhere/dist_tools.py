import os
import random

import numpy as np
import torch
import torch.distributed


def start():
    torch.distributed.init_process_group('nccl')
    torch.cuda.set_device(int(os.environ['LOCAL_RANK']))


def is_main():
    return torch.distributed.get_rank() == 0


def reproducible(seed=3407):
    random.seed(seed)  # allow: SDA402
    os.environ['PYTHONHASHSEED'] = str(seed)
    np.random.seed(seed)  # allow: SDA402
    torch.manual_seed(seed)  # expect: SDA402
    torch.cuda.manual_seed(seed)  # allow: SDA402
    torch.backends.cudnn.benchmark = False
