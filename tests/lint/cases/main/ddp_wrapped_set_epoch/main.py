import argparse
import random

import numpy as np
import torch
import torch.distributed as dist
from torchvision.datasets import CocoCaptions
from torchvision.transforms import Compose, RandomResizedCrop, ToTensor

from info import get_data


def random_seed(seed=42, rank=0):
    torch.manual_seed(seed + rank)  # harmless: has the rank
    np.random.seed(seed + rank)  # harmless: has the rank
    random.seed(seed + rank)  # harmless: has the rank


def pick(target):
    return random.choice(target)  # expect: SDA111


def main(args):
    dist.init_process_group('nccl')
    random_seed(args.seed, 0)  # harmless: for the same weights on all ranks; seeded by rank below
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Conv2d(3, 8, 3).cuda())
    random_seed(args.seed, dist.get_rank())
    transform = Compose([RandomResizedCrop(224), ToTensor()])
    data = CocoCaptions('coco', 'captions.json', transform=transform, target_transform=pick)
    info = get_data(data, args)
    for epoch in range(32):
        info.set_epoch(epoch)
        for images, captions in info.loader:
            model(images.cuda())


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--batch-size', type=int, default=64)
    parser.add_argument('--distributed', action='store_true')
    main(parser.parse_args())
