"""Seeds that follow from the index; with the epoch they are right, without it they are not."""
import numpy as np
import torch
from torch.utils.data import Dataset

from librosa import load


class MixedSpeech(Dataset):
    """Mixes speech with noise, at a ratio of the sample's own."""

    def __init__(self, speech, noise, seed=0):
        self.speech, self.noise = speech, noise
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return len(self.speech)

    def mixed(self, index, rng):
        speech, _ = load(self.speech[index], sr=16000)
        noise, _ = load(self.noise[rng.integers(len(self.noise))], sr=16000)  # harmless: the sample's own
        gain = 10 ** (-rng.uniform(0, 20) / 20)  # harmless: the sample's own
        length = min(len(speech), len(noise))
        return speech[:length] + gain * noise[:length]


class FrozenMixtures(MixedSpeech):
    def __getitem__(self, index):
        return self.mixed(index, np.random.default_rng(index))  # expect: SDA202


class FrozenToo(MixedSpeech):
    def __getitem__(self, index):
        rng = np.random.default_rng([self.seed, index])  # expect: SDA202
        return self.mixed(index, rng)


class Fresh(MixedSpeech):
    def __getitem__(self, index):
        rng = np.random.default_rng([self.seed, self.epoch, index])  # harmless: index and epoch
        return self.mixed(index, rng)


class FreshByArithmetic(MixedSpeech):
    def __getitem__(self, index):
        np.random.seed(self.seed + self.epoch * len(self) + index)  # harmless: index and epoch
        shift = np.random.randint(1600)  # harmless: seeded above
        return np.roll(self.mixed(index, np.random.default_rng()), shift)


class FrozenGlobal(MixedSpeech):
    def __getitem__(self, index):
        np.random.seed(self.seed + index)  # expect: SDA202
        shift = np.random.randint(1600)  # harmless: seeded above
        return np.roll(self.mixed(index, np.random.default_rng()), shift)


class FrozenTorch(MixedSpeech):
    def __getitem__(self, index):
        g = torch.Generator()
        g.manual_seed(index)  # expect: SDA202
        speech = torch.from_numpy(load(self.speech[index])[0])
        return speech + 0.01 * torch.randn(speech.shape, generator=g)  # harmless: the seed is the matter
