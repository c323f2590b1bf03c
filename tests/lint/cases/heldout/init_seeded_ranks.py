import argparse
import random
from functools import partial

import numpy as np
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, DistributedSampler
from torchvision.datasets import Places365


def seed_of(epoch, worker_id):
    return (epoch * 7919 + worker_id) % 2 ** 32


def by_epoch(worker_id, epoch):
    np.random.seed(seed_of(epoch, worker_id))  # expect: SDA304


def by_step(worker_id, step, base):
    random.seed(base + step * 64 + worker_id)  # expect: SDA304


def by_everything(worker_id, epoch, rank, workers):
    np.random.seed(epoch * 10 ** 6 + rank * workers + worker_id)  # harmless: has the rank


def train(args):
    dist.init_process_group('nccl')
    torch.manual_seed(args.seed * dist.get_world_size() + dist.get_rank())  # harmless: has the rank
    data = Places365('places')
    sampler = DistributedSampler(data)  # harmless: set_epoch is called
    common = dict(batch_size=64, sampler=sampler, num_workers=8)
    for epoch in range(args.epochs):
        sampler.set_epoch(epoch)
        for images, _ in DataLoader(data, worker_init_fn=partial(by_epoch, epoch=epoch), **common):
            print(images.shape)
        step = epoch * len(sampler)
        for images, _ in DataLoader(data, worker_init_fn=partial(by_step, step=step, base=args.seed), **common):
            print(images.shape)
        full = partial(by_everything, epoch=epoch, rank=dist.get_rank(), workers=8)
        for images, _ in DataLoader(data, worker_init_fn=full, **common):
            print(images.shape)

        def nested(worker_id):
            np.random.seed(args.seed + 31 * epoch + worker_id)  # expect: SDA304

        for images, _ in DataLoader(data, worker_init_fn=nested, **common):
            print(images.shape)
        word = lambda w: np.random.seed([epoch, w])  # expect: SDA304
        for images, _ in DataLoader(data, worker_init_fn=word, **common):
            print(images.shape)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--epochs', type=int, default=8)
    train(parser.parse_args())
