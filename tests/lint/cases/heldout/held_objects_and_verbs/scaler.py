import numpy as np


class Scaler:
    """Picks a scale for a sample. A plain object of the data set's."""

    def __init__(self, scales, seed=47):
        self.scales = scales
        self.rs = np.random.RandomState(seed)
        self.noise = np.random.Generator(np.random.PCG64(seed).jumped())

    def pick(self, index):
        return self.scales[self.rs.randint(len(self.scales))]  # expect: SDA101

    def grain(self, shape, dose):
        return self.noise.poisson(dose, shape) / dose  # expect: SDA101


class Region:
    def __init__(self, rng=None):
        self.rng = rng if rng is not None else np.random.default_rng()

    def sample(self, height, width):
        y = self.rng.integers(height)  # expect: SDA101
        return slice(y, y + height // 4), slice(0, width)


class Plan:
    def __init__(self, rng):
        self.rng = rng
        self.regions = [Region(rng), Region()]

    def spec(self, image):
        region = self.regions[int(self.rng.random() < 0.5)]  # expect: SDA101
        return region.sample(*image.shape[:2])
