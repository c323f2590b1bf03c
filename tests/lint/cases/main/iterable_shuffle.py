"""Streams of tokens, cut into blocks and shuffled in a buffer."""
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset


class ShuffleBuffer(IterableDataset):
    def __init__(self, source, size, seed=17):
        self.source = source
        self.size = size
        self.rng = random.Random(seed)

    def __iter__(self):
        buffer = []
        for item in self.source:
            if len(buffer) < self.size:
                buffer.append(item)
                continue
            at = self.rng.randrange(self.size)  # expect: SDA101
            item, buffer[at] = buffer[at], item
            yield item
        self.rng.shuffle(buffer)  # expect: SDA101
        yield from buffer


class Blocks(IterableDataset):
    def __init__(self, files, length):
        super().__init__()
        self.files = files
        self.length = length

    def _mine(self):
        info = torch.utils.data.get_worker_info()
        if info is None:
            return list(self.files)
        return self.files[info.id::info.num_workers]

    def __iter__(self):
        files = self._mine()
        np.random.shuffle(files)  # expect: SDA102
        for name in files:
            tokens = np.memmap(name, dtype=np.uint16, mode='r')
            first = np.random.randint(self.length)  # expect: SDA102
            for start in range(first, len(tokens) - self.length, self.length):
                yield torch.from_numpy(tokens[start:start + self.length].astype(np.int64))


def get_loader(files, batch, workers):
    return DataLoader(ShuffleBuffer(Blocks(files, 1024), 4096), batch, num_workers=workers)


def generate(model, prompt, n):
    for _ in range(n):
        probs = model(prompt).softmax(-1)
        prompt = torch.cat([prompt, torch.multinomial(probs, 1)])  # harmless: sampling from a model
    return prompt
