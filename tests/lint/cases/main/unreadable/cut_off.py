import numpy as np

def collate(batch):
    return np.random.permutation([b for b in batch
