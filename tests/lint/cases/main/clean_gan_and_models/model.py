import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class DropPath(nn.Module):
    def __init__(self, p, seed=0):
        super().__init__()
        self.p = p
        self.rng = np.random.RandomState(seed)

    def forward(self, x):
        if self.training and self.rng.rand() < self.p:  # harmless: a layer of a model
            return torch.zeros_like(x)
        return x


class MixStyle(nn.Module):
    def __init__(self, alpha=0.1):
        super().__init__()
        self.beta = torch.distributions.Beta(alpha, alpha)

    def forward(self, x):
        if not self.training or np.random.random() > 0.5:  # harmless: a layer of a model
            return x
        lam = self.beta.sample((x.size(0), 1, 1, 1))  # harmless: a layer of a model
        order = torch.randperm(x.size(0))  # harmless: a layer of a model
        return lam.to(x) * x + (1 - lam.to(x)) * x[order]


class Generator(nn.Module):
    def __init__(self, nz=100, ngf=64):
        super().__init__()
        self.nz = nz
        self.project = nn.Linear(nz, ngf * 16)
        self.mix = MixStyle()
        self.drop = DropPath(0.1)
        self.out = nn.ConvTranspose2d(ngf, 3, 4, 2, 1)

    def sample(self, n):
        z = np.random.normal(0, 1, (n, self.nz)).astype('float32')  # harmless: latents
        return self(torch.from_numpy(z))

    def forward(self, z):
        x = self.project(z).view(len(z), -1, 4, 4)
        return torch.tanh(self.out(self.drop(self.mix(F.relu(x)))))


def init_weights(m):
    if isinstance(m, nn.Linear):
        bound = np.random.uniform(0.01, 0.02)  # harmless: weights
        nn.init.uniform_(m.weight, -bound, bound)  # harmless: weights
