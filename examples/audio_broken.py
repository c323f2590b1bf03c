"""Clips of sound for an audio GAN: a random piece of each, at a random loudness. Broken.

The amplitude in [0.3, 1.0] and the start of the piece come from NumPy's global generator, and the
script passes on the remedy that tutorials have given for years. Since torch 1.9 seeds NumPy with a
list, `np.random.get_state()[1][0]` is a constant: all epochs are alike, and so are all runs,
whatever the seed.

Run it: python examples/audio_broken.py
"""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

RATE = 8000  # samples a second
PIECE = 4096  # samples


class Clips(Dataset):
    """Pieces of recordings, float32 [1, PIECE], louder and softer."""

    def __init__(self, recordings):
        self.recordings = recordings

    def __len__(self):
        return len(self.recordings)

    def __getitem__(self, index):
        return torch.from_numpy(load_piece(self.recordings[index]))


def load_piece(recording):
    """A random piece of a recording [N], scaled so that its peak is in [0.3, 1.0]."""
    start = np.random.randint(0, len(recording) - PIECE + 1)
    piece = recording[start : start + PIECE]
    amplitude = np.random.uniform(0.3, 1.0)
    return (amplitude * piece / np.abs(piece).max()).astype(np.float32)[None]


def chirps(count=16, seconds=2):
    """A tone that rises: one recording, `count` times, so that equal pieces are equal draws."""
    time = np.arange(seconds * RATE) / RATE
    return [np.sin(2 * np.pi * (200 + 300 * time) * time)] * count


def worker_init_fn(worker_id):
    np.random.seed(np.random.get_state()[1][0] + worker_id)


def make_loader(num_workers=4):
    return DataLoader(
        Clips(chirps()),
        batch_size=4,
        shuffle=True,
        num_workers=num_workers,
        worker_init_fn=worker_init_fn,
    )


def pieces_of(loader, epochs=3):
    """The bytes of all pieces, in the order they came."""
    batches = [batch for _ in range(epochs) for batch in loader]
    return [piece.numpy().tobytes() for piece in torch.cat(batches)]


def main():
    runs = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)
        runs.append(pieces_of(make_loader()))
    print(f"distinct draws: {len(set(runs[0]))} of {len(runs[0])}")
    again = len(set(runs[0]) & set(runs[1]))
    print(f"    draws that come again with another seed: {again} of {len(set(runs[0]))}")


if __name__ == "__main__":
    main()
