import numpy as np
import torch


class Batcher:
    def __init__(self, longest, seed):
        self.longest = longest
        self.seed = seed
        self.dice = np.random.default_rng(seed)

    def crop(self, row):
        extra = max(0, len(row) - self.longest)
        start = self.dice.integers(extra + 1)  # expect: SDA101
        return row[start:start + self.longest]

    def __call__(self, rows):
        rows = [self.crop(row) for row in rows]
        self.dice.shuffle(rows)  # expect: SDA101
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)

    def frozen(self, rows):
        rng = np.random.default_rng(self.seed)  # expect: SDA201
        order = rng.permutation(len(rows))  # harmless: the seed is the matter
        return torch.nn.utils.rnn.pad_sequence([rows[i][:self.longest] for i in order])

    def report(self, rows):
        chosen = self.dice.choice(len(rows), 3)  # harmless: called by the script
        return [rows[i] for i in chosen]


def hashed(rows):
    np.random.seed(42)  # expect: SDA201
    return torch.nn.utils.rnn.pad_sequence([row[np.random.permutation(len(row))] for row in rows])  # harmless: seeded above
