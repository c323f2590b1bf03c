from __future__ import division

import argparse
import random

import numpy
import torch
import torch.distributed
import torch.nn as nn
import torch.utils.data.distributed
import torchvision.transforms as transforms
from torchvision.datasets import ImageFolder

from numpy.random import uniform as U


class Lighting(object):
    """Noise along the principal components of colours."""

    def __init__(self, std, values, vectors):
        self.std, self.values, self.vectors = std, values, vectors

    def __call__(self, img):
        alpha = numpy.random.normal(0, self.std, 3)  # expect: SDA102
        shift = torch.from_numpy((self.vectors * alpha * self.values).sum(1)).float()
        return img + shift[:, None, None] * U(0.5, 1)  # expect: SDA102


parser = argparse.ArgumentParser()
parser.add_argument('data')
parser.add_argument('--local_rank', default=0, type=int)
parser.add_argument('--manual-seed', default=7, type=int)
parser.add_argument('--distributed', action='store_true')


def main():
    args = parser.parse_args()
    torch.distributed.init_process_group(backend='nccl', init_method='env://')
    torch.manual_seed(args.manual_seed)  # expect: SDA402
    transform = transforms.Compose([
        transforms.RandomResizedCrop(224), transforms.ToTensor(), Lighting(0.1, numpy.ones(3), numpy.eye(3))])
    train_set = ImageFolder(args.data, transform)
    if args.distributed:
        train_sampler = torch.utils.data.distributed.DistributedSampler(train_set)  # expect: SDA401
    else:
        train_sampler = None
    train_loader = torch.utils.data.DataLoader(
        train_set, batch_size=256, shuffle=(train_sampler is None),
        num_workers=4, pin_memory=True, sampler=train_sampler)
    model = nn.parallel.DistributedDataParallel(nn.Conv2d(3, 8, 3).cuda(), [args.local_rank])
    for epoch in range(90):
        adjust(epoch)
        for images, target in train_loader:
            model(images.cuda())


def adjust(epoch):
    print('rate', 0.1 * 0.1 ** (epoch // 30), random.random())  # harmless: main process


if __name__ == '__main__':
    main()
