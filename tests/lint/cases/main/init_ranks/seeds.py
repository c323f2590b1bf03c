"""Seeds of workers in distributed training."""
import random

import numpy as np
import torch
import torch.distributed as dist


def without_rank(worker_id, epoch, seed):
    np.random.seed(seed + epoch * 100 + worker_id)  # expect: SDA304


def with_rank(worker_id, epoch, seed):
    rank = dist.get_rank()
    np.random.seed(seed + (epoch * dist.get_world_size() + rank) * 100 + worker_id)  # harmless: has the rank


def listed(worker_id, epoch, rank):
    np.random.seed([epoch, rank, worker_id])  # harmless: epoch, rank and worker


class EpochSeeder:
    """Called by each worker when it begins."""

    def __init__(self, seed):
        self.seed = seed
        self.epoch = 0

    def __call__(self, worker_id):
        random.seed(f'{self.seed}/{self.epoch}/{worker_id}')  # expect: SDA304
