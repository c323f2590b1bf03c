from typing import Optional

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, random_split
from torch.utils.data.distributed import DistributedSampler


class Waveforms(Dataset):
    def __init__(self, traces, window, seed):
        self.traces = traces
        self.window = window
        self.generator = np.random.default_rng(seed)

    def __len__(self):
        return len(self.traces)

    def __getitem__(self, i):
        trace = self.traces[i]
        onset = self.generator.integers(0, len(trace) - self.window)  # expect: SDA101
        window = trace[onset:onset + self.window]
        return torch.from_numpy(window + np.random.laplace(0, 0.01, len(window)))  # expect: SDA102


class QuakeData(pl.LightningDataModule):
    def __init__(self, path, batch_size=64, seed=0, noise=0.1):
        super().__init__()
        self.path, self.batch_size, self.seed, self.noise = path, batch_size, seed, noise
        self.rng = np.random.RandomState(seed)

    def prepare_data(self):
        np.save(self.path + '.tmp', np.random.rand(10))  # harmless: main process, once

    def setup(self, stage: Optional[str] = None):
        traces = np.load(self.path)
        order = self.rng.permutation(len(traces))  # harmless: main process, once
        whole = Waveforms(traces[order], 3000, self.seed)
        n = len(whole) // 10
        split = torch.Generator().manual_seed(self.seed)  # harmless: a split
        self.train, self.val = random_split(whole, [len(whole) - n, n], generator=split)  # harmless: a split

    def collate(self, batch):
        x = torch.stack(batch)
        scale = self.rng.lognormal(0, self.noise, (len(x), 1))  # expect: SDA101
        return x * torch.from_numpy(scale)

    def train_dataloader(self):
        return DataLoader(self.train, self.batch_size, shuffle=True, num_workers=4, collate_fn=self.collate)

    def val_dataloader(self):
        sampler = DistributedSampler(self.val)  # harmless: Lightning calls set_epoch
        return DataLoader(self.val, self.batch_size, sampler=sampler, num_workers=4)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        if np.random.rand() < 0.5:  # harmless: called in the main process, after the loader
            batch = batch.flip(-1)
        return batch
