import numpy as np


class Step:
    def __init__(self, random_state, execution_probability=0.3, **kwargs):
        self.random_state = random_state
        self.p = execution_probability


class Flip(Step):
    def __call__(self, volume):
        for axis in range(3):
            if self.random_state.uniform() > 0.5:  # expect: SDA101
                volume = np.flip(volume, axis)
        return volume


class Contrast(Step):
    def __init__(self, random_state, alpha=(0.5, 1.5), **kwargs):
        super().__init__(random_state, **kwargs)
        self.alpha = alpha

    def __call__(self, volume):
        if self.random_state.uniform() < self.p:  # expect: SDA101
            alpha = self.random_state.uniform(*self.alpha)  # expect: SDA101
            volume = volume.mean() + alpha * (volume - volume.mean())
        return volume


class FixedAxis:
    """Draws while it is made; what it does afterwards is always the same."""

    def __init__(self, **kwargs):
        self.axis = np.random.randint(3)  # harmless: when it is made

    def __call__(self, volume):
        return np.flip(volume, self.axis)
