import torch
from torch import nn
from torch.distributions import Beta
from torch.utils.data import DataLoader, Dataset, TensorDataset, WeightedRandomSampler


class AddGaussianNoise(nn.Module):
    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        return x + torch.randn_like(x) * self.std  # expect: SDA111


class Corrupted(Dataset):
    """Rows of a table, with some of their columns from other rows."""

    def __init__(self, table, rate, transform=AddGaussianNoise(0.05)):
        self.table, self.rate, self.transform = table, rate, transform
        self.mix = Beta(torch.tensor(0.5), torch.tensor(0.5))

    def __len__(self):
        return len(self.table)

    def __getitem__(self, i):
        row = self.table[i]
        other = self.table[torch.randint(len(self.table), ())]  # expect: SDA111
        take = torch.rand_like(row) < self.rate  # expect: SDA111
        lam = self.mix.sample()  # expect: SDA111
        return self.transform(torch.where(take, lam * row + (1 - lam) * other, row)), row


class Encoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Linear(width, width)
        nn.init.normal_(self.net.weight, std=0.02)  # harmless: weights

    def forward(self, x):
        mean = self.net(x)
        return mean + torch.randn_like(mean)  # harmless: a model, in the main process


def make(table, weights):
    sampler = WeightedRandomSampler(weights, len(table))  # harmless: a sampler
    noise = torch.randn(4, 4)  # harmless: main process
    print(noise)
    return DataLoader(Corrupted(table, 0.6), 256, sampler=sampler, num_workers=2)


plain = TensorDataset(torch.rand(100, 3))  # harmless: data made once
