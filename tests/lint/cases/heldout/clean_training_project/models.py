import numpy as np
import torch
from torch import nn


class StochasticDepth(nn.Module):
    def __init__(self, blocks, survival):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.survival = survival
        self.rng = np.random.default_rng(0)

    def forward(self, x):
        for block in self.blocks:
            if not self.training or self.rng.random() < self.survival:  # harmless: a model
                x = x + block(x)
        return x


class Diffusion(nn.Module):
    def __init__(self, net, steps=1000):
        super().__init__()
        self.net, self.steps = net, steps

    def loss(self, x):
        t = torch.randint(self.steps, (len(x),))  # harmless: a model
        noise = torch.randn_like(x)  # harmless: a model
        if np.random.random() < 0.1:  # harmless: a model
            t = t * 0
        return (self.net(x + noise * t[:, None]) - noise).square().mean()

    @torch.no_grad()
    def sample(self, n, seed=0):
        g = torch.Generator().manual_seed(seed)  # harmless: sampling
        return self.net(torch.randn(n, 2, generator=g))  # harmless: sampling
