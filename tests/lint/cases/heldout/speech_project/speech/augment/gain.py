import numpy as np

from speech.augment.base import AugmentorBase


class VolumePerturb(AugmentorBase):
    def __init__(self, rng, min_gain_db=-15, max_gain_db=15):
        self._low, self._high = min_gain_db, max_gain_db
        self._rng = rng

    def transform_audio(self, samples):
        gain = self._rng.uniform(self._low, self._high)  # expect: SDA101
        return samples * 10.0 ** (gain / 20.0)


class SpeedPerturb(AugmentorBase):
    def __init__(self, rng, low=0.9, high=1.1):
        self._rng, self._low, self._high = rng, low, high

    def transform_audio(self, samples):
        speed = self._rng.uniform(self._low, self._high)  # expect: SDA101
        at = np.arange(0, len(samples), speed)
        return np.interp(at, np.arange(len(samples)), samples)
