import numpy as np

import steps

GLOBAL_STATE = np.random.RandomState(47)


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x


class Transformer:
    def __init__(self, config):
        self.config = config
        self.seed = GLOBAL_STATE.randint(10000000)  # harmless: when it is made

    def _one(self, c):
        c = dict(c)
        c['random_state'] = np.random.RandomState(self.seed)
        return getattr(steps, c['name'])(**c)

    def create(self):
        return Compose([self._one(c) for c in self.config])
