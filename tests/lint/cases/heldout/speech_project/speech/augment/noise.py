import numpy as np

from speech.augment.base import AugmentorBase


class NoisePerturb(AugmentorBase):
    def __init__(self, noises, low=5, high=25):
        self.noises = noises
        self.low, self.high = low, high

    def transform_audio(self, samples):
        noise = np.load(self.noises[np.random.randint(len(self.noises))])  # expect: SDA102
        begin = np.random.randint(0, max(1, len(noise) - len(samples)))  # expect: SDA102
        noise = np.resize(noise[begin:], len(samples))
        snr = np.random.uniform(self.low, self.high)  # expect: SDA102
        return samples + noise * 10 ** (-snr / 20)
