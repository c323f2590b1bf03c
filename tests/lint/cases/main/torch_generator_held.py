"""Masked autoencoding of video: tube masks."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, RandomSampler, random_split


class TubeMask(nn.Module):
    def __init__(self, tokens, ratio, seed=0):
        super().__init__()
        self.tokens = tokens
        self.keep = int(tokens * (1 - ratio))
        self.gen = torch.Generator()
        self.gen.manual_seed(seed)  # harmless: seeded where it is made; the draws are the matter

    def forward(self, frames):
        order = torch.randperm(self.tokens, generator=self.gen)  # expect: SDA101
        shift = torch.empty(1).uniform_(-1, 1, generator=self.gen)  # expect: SDA101
        return frames + shift, order[:self.keep]


class Clips(Dataset):
    def __init__(self, clips, length, transform):
        self.clips, self.length, self.transform = clips, length, transform
        self.g = torch.Generator()

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, i):
        clip = self.clips[i]
        start = torch.randint(len(clip) - self.length, (1,), generator=self.g).item()  # expect: SDA101
        if torch.rand(()) < 0.5:  # expect: SDA111
            clip = clip.flip(-1)
        return self.transform(clip[start:start + self.length])


def loaders(clips):
    data = Clips(clips, 16, TubeMask(196, 0.9))
    split = torch.Generator().manual_seed(42)  # harmless: for the split
    train, val = random_split(data, [0.9, 0.1], generator=split)  # harmless: in the main process
    order = torch.Generator()
    order.manual_seed(7)  # harmless: for the order, which the main process draws
    sampler = RandomSampler(train, generator=order)  # harmless: a sampler, in the main process
    yield DataLoader(train, 8, sampler=sampler, num_workers=8)
    yield DataLoader(val, 8, num_workers=8, generator=torch.Generator())  # harmless: order, seeds
