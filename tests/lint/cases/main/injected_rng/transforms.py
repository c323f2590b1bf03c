import numpy as np

from config import RNG


class AddNoise:
    """Noise from a generator that is handed in."""

    def __init__(self, snr_db, rng):
        self.snr_db = snr_db
        self._rng = rng

    def __call__(self, wave):
        power = np.mean(wave ** 2)
        sigma = np.sqrt(power / 10 ** (self.snr_db / 10))
        return wave + self._rng.normal(0.0, sigma, wave.shape)  # expect: SDA101


class TimeMask:
    def __init__(self, longest):
        self.longest = longest

    def __call__(self, wave):
        length = RNG.randint(self.longest)  # expect: SDA101
        start = RNG.randint(0, max(1, len(wave) - length))  # expect: SDA101
        wave = wave.copy()
        wave[start:start + length] = 0
        return wave


class Gain:
    def __init__(self, low=-6, high=6):
        self.low, self.high = low, high

    def __call__(self, wave):
        decibel = np.random.uniform(self.low, self.high)  # expect: SDA102
        return wave * 10 ** (decibel / 20)
