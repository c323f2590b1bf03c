from __future__ import annotations

import random
from typing import Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset


class HasRandom:
    random_seed = 0

    def __init__(self) -> None:
        super().__init__()
        self.py = random.Random(self.random_seed)
        self.np = np.random.RandomState(self.random_seed)


class Masking:
    """Needs `self.np` of whoever it is joined with."""

    mask_id = 4

    def mask(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.np.random_sample(len(ids)) < 0.15  # expect: SDA101
        labels = np.where(chosen, ids, -100)
        ids = np.where(chosen & (self.np.rand(len(ids)) < 0.8), self.mask_id, ids)  # expect: SDA101
        return ids, labels


class NextSentence:
    def pair(self, sentences: list[np.ndarray], i: int) -> tuple[np.ndarray, np.ndarray, int]:
        if self.py.random() < 0.5 and i + 1 < len(sentences):  # expect: SDA101
            return sentences[i], sentences[i + 1], 1
        return sentences[i], self.py.choice(sentences), 0  # expect: SDA101


class Pretraining(HasRandom, Masking, NextSentence, IterableDataset):
    def __init__(self, documents: list[list[np.ndarray]]) -> None:
        super().__init__()
        self.documents = documents

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
        info = torch.utils.data.get_worker_info()
        step, first = (info.num_workers, info.id) if info else (1, 0)
        for document in self.documents[first::step]:
            for i in range(len(document)):
                a, b, follows = self.pair(document, i)
                yield *self.mask(np.concatenate([a, b])), follows


def main() -> None:
    rng = np.random.default_rng(0)
    documents = [[rng.integers(5, 99, 12) for _ in range(9)] for _ in range(100)]  # harmless: made-up text
    for ids, labels, follows in DataLoader(Pretraining(documents), 8, num_workers=2):
        print(ids.shape, labels.shape, follows)


if __name__ == '__main__':
    main()
