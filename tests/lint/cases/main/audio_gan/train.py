import argparse
import random

import numpy as np
import torch
from torch.utils.data import DataLoader

from data import AudioDataset


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('--data_path', required=True)
    parser.add_argument('--seq_len', type=int, default=8192)
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args()


def latents(n, dim=128):
    return torch.randn(n, dim)  # harmless: the generator's input, drawn in the training loop


def main():
    args = parse()
    random.seed(args.seed)  # harmless: seeds the main process
    np.random.seed(args.seed)  # harmless: seeds the main process
    torch.manual_seed(args.seed)  # harmless: seeds the main process
    train_set = AudioDataset(args.data_path, args.seq_len, 22050)
    loader = DataLoader(train_set, batch_size=16, num_workers=4)
    for epoch in range(3000):
        for real in loader:
            z = latents(len(real))
            smooth = np.random.uniform(0.7, 1.2)  # harmless: label smoothing in the training loop
            print(z.shape, smooth)


if __name__ == '__main__':
    main()
