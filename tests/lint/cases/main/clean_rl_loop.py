import collections
import random

import gym
import numpy as np
import torch
import torch.nn as nn


class OUNoise:
    """Ornstein-Uhlenbeck noise on actions."""

    def __init__(self, size, theta=0.15, sigma=0.2, seed=0):
        self.theta, self.sigma, self.size = theta, sigma, size
        self.rng = np.random.RandomState(seed)
        self.reset()

    def reset(self):
        self.state = np.zeros(self.size)

    def sample(self):
        self.state += -self.theta * self.state + self.sigma * self.rng.standard_normal(self.size)  # harmless: acting
        return self.state

    def __call__(self):
        return self.sample() + np.random.normal(0, 1e-3, self.size)  # harmless: acting


class ReplayBuffer:
    def __init__(self, size):
        self.memory = collections.deque(maxlen=size)

    def __len__(self):
        return len(self.memory)

    def __getitem__(self, i):
        return self.memory[i]

    def sample(self, n):
        index = np.random.randint(0, len(self.memory), n)  # harmless: in the training loop
        return [self.memory[i] for i in index]


def main(seed=1):
    env = gym.make('Pendulum-v1')
    random.seed(seed)  # harmless: main process
    np.random.seed(seed)  # harmless: main process
    torch.manual_seed(seed)  # harmless: main process
    actor = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 1), nn.Tanh())
    noise, memory = OUNoise(1), ReplayBuffer(100000)
    state = env.reset()
    for step in range(100000):
        action = actor(torch.as_tensor(state).float()).detach().numpy() + noise()
        if random.random() < 0.01:  # harmless: acting
            action = env.action_space.sample()
        following, reward, done, _ = env.step(action)
        memory.memory.append((state, action, reward, following, done))
        batch = memory.sample(64)
        state = env.reset() if done else following
        print(step, len(batch))


if __name__ == '__main__':
    main()
