import glob
import os
import random

import librosa
import numpy as np
import torch


def files_to_list(folder):
    return sorted(glob.glob(os.path.join(folder, '*.wav')))


class AudioDataset(torch.utils.data.Dataset):
    """
    Gives (1, segment_length) of audio, at an amplitude of its own.
    """

    def __init__(self, training_files, segment_length, sampling_rate, augment=True):
        self.sampling_rate = sampling_rate
        self.segment_length = segment_length
        self.audio_files = files_to_list(training_files)
        random.seed(1234)  # harmless: when the data set is made
        random.shuffle(self.audio_files)  # harmless: the order of files, once
        self.augment = augment

    def __getitem__(self, index):
        audio, rate = self.load_wav_to_torch(self.audio_files[index])
        if audio.size(0) >= self.segment_length:
            start = random.randint(0, audio.size(0) - self.segment_length)  # expect: SDA111
            audio = audio[start:start + self.segment_length]
        else:
            audio = torch.nn.functional.pad(audio, (0, self.segment_length - audio.size(0)))
        return audio.unsqueeze(0)

    def __len__(self):
        return len(self.audio_files)

    def load_wav_to_torch(self, full_path):
        data, sampling_rate = librosa.load(full_path, sr=self.sampling_rate)
        data = 0.95 * librosa.util.normalize(data)
        if self.augment:
            amplitude = np.random.uniform(low=0.3, high=1.0)  # expect: SDA102
            data = data * amplitude
        return torch.from_numpy(data).float(), sampling_rate
