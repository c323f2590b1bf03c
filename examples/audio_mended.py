"""Clips of sound for an audio GAN: a random piece of each, at a random loudness. Mended.

Against audio_broken.py: both draws come from `seedaug.rng()`, the generator of the sample that is
being made, however deep the function lies; there is no worker_init_fn, for workers hold nothing
that would want a seed; the dataset is wrapped, and the loader counts the epochs.

Run it: python examples/audio_mended.py
"""

import numpy as np
import torch
from torch.utils.data import Dataset

import seedaug

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
    rng = seedaug.rng()
    start = rng.integers(0, len(recording) - PIECE + 1)
    piece = recording[start : start + PIECE]
    amplitude = rng.uniform(0.3, 1.0)
    return (amplitude * piece / np.abs(piece).max()).astype(np.float32)[None]


def chirps(count=16, seconds=2):
    """A tone that rises: one recording, `count` times, so that equal pieces are equal draws."""
    time = np.arange(seconds * RATE) / RATE
    return [np.sin(2 * np.pi * (200 + 300 * time) * time)] * count


def make_loader(num_workers=4, seed=0):
    keyed = seedaug.SeededDataset(Clips(chirps()), seed=seed)
    return seedaug.DataLoader(keyed, batch_size=4, shuffle=True, num_workers=num_workers)


def pieces_of(loader, epochs=3):
    """The bytes of all pieces, in the order they came."""
    batches = [batch for _ in range(epochs) for batch in loader]
    return [piece.numpy().tobytes() for piece in torch.cat(batches)]


def main():
    pieces = pieces_of(make_loader())
    print(f"distinct draws: {len(set(pieces))} of {len(pieces)}")
    again = len(set(pieces) & set(pieces_of(make_loader(seed=1))))
    print(f"    draws that come again with another seed: {again} of {len(set(pieces))}")
    same = pieces == pieces_of(make_loader(num_workers=0))
    print(f"    the same pieces with 0 workers as with 4: {'yes' if same else 'no'}")


if __name__ == "__main__":
    main()
