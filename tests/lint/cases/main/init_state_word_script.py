"""Trains an agent from recorded frames."""
import random
from pathlib import Path

import hydra
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset


class Replay(IterableDataset):
    def __init__(self, folder, horizon, discount):
        self.files = sorted(Path(folder).glob('*.npz'))
        self.horizon, self.discount = horizon, discount
        self._episodes = {}

    def _load(self):
        name = random.choice(self.files)  # expect: SDA111
        if name not in self._episodes:
            self._episodes[name] = dict(np.load(name))
        return self._episodes[name]

    def _sample(self):
        episode = self._load()
        at = np.random.randint(0, len(episode['reward']) - self.horizon) + 1  # expect: SDA102
        return episode['observation'][at - 1], episode['action'][at], episode['reward'][at]

    def __iter__(self):
        while True:
            yield self._sample()


def _worker_init_fn(worker_id):
    seed = np.random.get_state()[1][0] + worker_id
    np.random.seed(seed)  # expect: SDA303
    random.seed(seed)  # allow: SDA303


def make_loader(folder, batch, workers):
    return DataLoader(Replay(folder, 3, 0.99), batch_size=batch, num_workers=workers,
                      pin_memory=True, worker_init_fn=_worker_init_fn)


@hydra.main(config_path='.', config_name='config')
def main(cfg):
    np.random.seed(cfg.seed)  # harmless: main process
    replay = iter(make_loader(cfg.folder, 256, 4))
    for step in range(cfg.steps):
        observation, action, reward = next(replay)
        noise = torch.randn_like(action) * 0.1  # harmless: training loop
        print(step, observation.shape, (action + noise).mean(), reward.mean())


if __name__ == '__main__':
    main()
