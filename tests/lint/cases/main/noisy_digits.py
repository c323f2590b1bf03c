"""A generative model's data set: each digit with noise of its own."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader


class NoisyDigits(Dataset):
    def __init__(self, digits, labels, noise=0.3, train_share=0.9):
        order = np.random.permutation(len(digits))  # harmless: shuffled once, when it is made
        cut = int(train_share * len(digits))
        self.digits, self.labels = digits[order[:cut]], labels[order[:cut]]
        self.noise = noise

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, i):
        clean = self.digits[i].astype(np.float32) / 255.0
        noisy = clean + self.noise * np.random.randn(*clean.shape)  # expect: SDA102
        if np.random.rand() < 0.1:  # expect: SDA102
            noisy = np.roll(noisy, 1, axis=-1)
        return torch.from_numpy(noisy).float(), torch.from_numpy(clean), int(self.labels[i])


class Denoiser(nn.Module):
    def __init__(self, hidden=256):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 784))

    def forward(self, x):
        if self.training:
            x = x * float(np.random.uniform(0.9, 1.1))  # harmless: the model runs in the main process
        return self.net(x)


def main():
    np.random.seed(0)  # harmless: in the main process, before anything
    digits = np.load('digits.npy')
    data = NoisyDigits(digits, np.load('labels.npy'))
    loader = DataLoader(data, 128, shuffle=True, num_workers=2, pin_memory=True)
    model = Denoiser()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for epoch in range(20):
        for noisy, clean, _ in loader:
            loss = ((model(noisy) - clean.flatten(1)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == '__main__':
    main()
