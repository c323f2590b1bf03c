import argparse
import glob

import torch
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from runner import get_root_logger, init_dist, set_random_seed
from runner.lanes import Lanes


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=None)
    parser.add_argument('--launcher', default='pytorch')
    return parser.parse_args()


def main():
    args = parse_args()
    init_dist(args.launcher)
    log = get_root_logger()
    if args.seed is not None:
        log('seed', args.seed)
        set_random_seed(args.seed)  # expect: SDA402
    data = Lanes(glob.glob('lanes/*.jpg'))
    loader = DataLoader(data, 8, sampler=DistributedSampler(data), num_workers=2)  # expect: SDA401
    for epoch in range(12):
        for images in loader:
            log(images.shape)


if __name__ == '__main__':
    main()
