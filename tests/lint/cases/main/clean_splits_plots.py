"""Loads, splits and shows; what is random here happens once."""
import random

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import KFold, train_test_split
from torch.utils.data import DataLoader, Dataset, Subset, random_split


class Tabular(Dataset):
    def __init__(self, table, fold, seed=0, balance=False):
        rng = np.random.RandomState(seed)
        table = table.sample(frac=1, random_state=rng)  # harmless: once, when it is made
        if balance:
            small = table.label.value_counts().min()
            keep = [rng.choice(np.flatnonzero(table.label == c), small) for c in (0, 1)]  # harmless: once
            table = table.iloc[np.concatenate(keep)]
        folds = KFold(5, shuffle=True, random_state=rng)  # harmless: once
        _, rows = list(folds.split(table))[fold]
        self.table = table.iloc[rows]
        self.noise = np.random.normal(size=len(self.table))  # harmless: once, kept for good

    def __len__(self):
        return len(self.table)

    def __getitem__(self, i):
        row = self.table.iloc[i]
        return torch.tensor(row.values[:-1]), row.label + self.noise[i]

    def show(self, n=9):
        for k, i in enumerate(np.random.choice(len(self), n)):  # harmless: plots
            plt.subplot(3, 3, k + 1)
            plt.plot(self[i][0] + np.random.randn() * 0.01)  # harmless: plots
        plt.show()

    @classmethod
    def synthetic(cls, n):
        table = pd.DataFrame(np.random.rand(n, 8))  # harmless: made-up data
        table['label'] = np.random.randint(0, 2, n)  # harmless: made-up data
        return cls(table, 0)

    def __repr__(self):
        return f'Tabular({len(self)}, e.g. {random.choice(range(len(self)))})'  # harmless: words


def main():
    random.seed(0)  # harmless: main process
    data = Tabular.synthetic(1000)
    train, test = train_test_split(range(len(data)), random_state=1)  # harmless: a split
    part, _ = random_split(data, [100, len(data) - 100])
    for subset in (Subset(data, train), Subset(data, test), part):
        for x, y in DataLoader(subset, 16, shuffle=True, num_workers=2):
            z = torch.randn(len(x), 16)  # harmless: latents, training loop
            print(x.shape, y.shape, z.shape)


if __name__ == '__main__':
    main()
