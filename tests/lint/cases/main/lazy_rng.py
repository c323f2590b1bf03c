"""Trajectories for behaviour cloning; generators that are made when they are first wanted."""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Segments(Dataset):
    def __init__(self, episodes, horizon):
        self.episodes = episodes
        self.horizon = horizon
        self._rng = None

    def _generator(self):
        if self._rng is None:
            self._rng = np.random.default_rng(torch.initial_seed() % 2 ** 63)
        return self._rng

    def __len__(self):
        return len(self.episodes)

    def __getitem__(self, i):
        episode = self.episodes[i]
        start = self._generator().integers(len(episode) - self.horizon)  # harmless: worker's own
        return torch.as_tensor(episode[start:start + self.horizon])


class NoisySegments(Segments):
    """Adds action noise; this one's generator is there before the workers are."""

    def __init__(self, episodes, horizon, sigma):
        super().__init__(episodes, horizon)
        self.sigma = sigma
        self.noise = None
        self.prepare(0)

    def prepare(self, seed):
        self.noise = np.random.default_rng(seed)

    def __getitem__(self, i):
        segment = super().__getitem__(i)
        extra = self.noise.normal(0, self.sigma, segment.shape)  # expect: SDA101
        return segment + torch.from_numpy(extra)


class Goals(Dataset):
    def __init__(self, episodes):
        self.episodes = episodes
        self.rng = None

    def __len__(self):
        return len(self.episodes)

    def __getitem__(self, i):
        if self.rng is None:
            self.rng = np.random.default_rng()
        episode = self.episodes[i]
        now, goal = np.sort(self.rng.integers(len(episode), size=2))  # harmless: fresh in the worker
        return episode[now], episode[goal]


def train(policy, env, episodes):
    explore = np.random.default_rng(0)
    for batch in DataLoader(NoisySegments(episodes, 16, 0.1), 64, shuffle=True, num_workers=3):
        policy.update(batch)
    for step in range(1000):
        action = policy(env.observation) + explore.normal(0, 0.1)  # harmless: in the training loop
        if np.random.rand() < 0.05:  # harmless: exploration, in the training loop
            action = env.action_space.sample()
        env.step(action)
