import soundfile
import torch
from torch.utils.data import Dataset

from config import N_FOLDS, RNG


def folds(files):
    order = RNG.permutation(len(files))  # harmless: the folds, in the main process
    return [[files[i] for i in order[k::N_FOLDS]] for k in range(N_FOLDS)]


class Bioacoustics(Dataset):
    def __init__(self, files, labels, transforms=()):
        self.files = files
        self.labels = labels
        self.transforms = transforms

    def __len__(self):
        return len(self.files)

    def __getitem__(self, idx):
        wave, _ = soundfile.read(self.files[idx], dtype="float32")
        for transform in self.transforms:
            wave = transform(wave)
        return torch.from_numpy(wave).float(), self.labels[idx]
