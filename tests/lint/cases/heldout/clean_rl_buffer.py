"""Replay of an agent: the buffer is sampled by the learner itself."""
import random
from collections import deque

import numpy as np
import torch


class PrioritizedReplay:
    def __init__(self, capacity, alpha=0.6, seed=None):
        self.memory = deque(maxlen=capacity)
        self.priorities = deque(maxlen=capacity)
        self.alpha = alpha
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return len(self.memory)

    def __getitem__(self, i):
        return self.memory[i]

    def sample(self, n):
        p = np.array(self.priorities) ** self.alpha
        index = self.rng.choice(len(p), n, p=p / p.sum())  # harmless: the learner's own
        return index, [self[i] for i in index]


class EpsilonGreedy:
    def __init__(self, n, start=1.0, end=0.05):
        self.n, self.epsilon, self.end = n, start, end
        self.random = random.Random(0)

    def __call__(self, values):
        self.epsilon = max(self.end, self.epsilon * 0.999)
        if self.random.random() < self.epsilon:  # harmless: acting
            return self.random.randrange(self.n)  # harmless: acting
        return int(torch.argmax(values + 1e-6 * torch.rand(self.n)))  # harmless: acting


class GaussianPolicyNoise:
    def __init__(self, sigma):
        self.sigma = sigma

    def __call__(self, action):
        return action + np.random.normal(0, self.sigma, action.shape)  # harmless: acting


def learn(env, net, steps):
    replay, policy, noise = PrioritizedReplay(10000, seed=1), EpsilonGreedy(4), GaussianPolicyNoise(0.1)
    state = env.reset(seed=int(np.random.randint(1000)))  # harmless: main process
    for _ in range(steps):
        action = policy(net(state))
        state = env.step(action, noise(np.zeros(4)))
        replay.memory.append(state)
        replay.priorities.append(1.0)
        index, batch = replay.sample(32)
        print(index, len(batch))
