import glob

import torch

from data import get_loader

if __name__ == '__main__':
    torch.manual_seed(3)  # harmless: main process
    for sweep in get_loader(glob.glob('sweeps/*.npy'), 8, 4):
        print(sweep.shape)
