import json

import numpy as np
import soundfile
import torch
from torch.utils.data import Dataset, Sampler

from speech.augment import AugmentationPipeline


class Utterances(Dataset):
    def __init__(self, manifest, augmentation='[]', dither=1e-5):
        with open(manifest) as lines:
            self.entries = [json.loads(line) for line in lines]
        self.pipeline = AugmentationPipeline(json.loads(augmentation))
        self.dither = dither

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, i):
        samples, _ = soundfile.read(self.entries[i]['audio'])
        samples = self.pipeline.transform_audio(samples)
        samples = samples + self.dither * np.random.randn(*samples.shape)  # expect: SDA102
        return torch.from_numpy(samples).float(), self.entries[i]['text']


class BucketingSampler(Sampler):
    def __init__(self, data, batch_size):
        ids = list(range(len(data)))
        self.bins = [ids[i:i + batch_size] for i in range(0, len(ids), batch_size)]

    def __iter__(self):
        for ids in self.bins:
            np.random.shuffle(ids)  # harmless: a sampler
            yield ids

    def __len__(self):
        return len(self.bins)

    def shuffle(self, epoch):
        np.random.RandomState(epoch).shuffle(self.bins)  # harmless: a sampler
