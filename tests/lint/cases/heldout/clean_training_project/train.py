import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from models import Diffusion, StochasticDepth
from points import Moons, noise_loader, split


def worker_init(worker_id):
    np.random.seed((torch.initial_seed() + worker_id) % 2 ** 32)  # harmless: torch's seed


def main():
    random.seed(1)  # harmless: main process
    data = Moons(1000, seed=1)
    train, test = split(data, 0.9, seed=2)
    model = Diffusion(StochasticDepth([nn.Linear(2, 2) for _ in range(4)], 0.9))
    rng = np.random.default_rng(3)
    for epoch in range(10):
        data.refresh()
        for x in DataLoader(data, 64, sampler=train, num_workers=2, worker_init_fn=worker_init):
            if rng.random() < 0.5:  # harmless: training loop
                x = -x
            print(model.loss(x).item())
    for x in DataLoader(data, 64, sampler=test):
        print(model.loss(x).item(), random.choice([1, 2]))  # harmless: evaluation
    print(len(noise_loader(4)), model.sample(4).mean())


if __name__ == '__main__':
    main()
