import lightning as L
import numpy as np
import torch
from lightning.pytorch import seed_everything
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler


class Tracks(Dataset):
    def __init__(self, tracks, dice=np.random.default_rng(12)):
        self.tracks, self.dice = tracks, dice

    def __len__(self):
        return len(self.tracks)

    def __getitem__(self, i):
        track = self.tracks[i]
        a, b = sorted(self.dice.integers(0, len(track), 2))  # expect: SDA101
        return torch.as_tensor(track[a:b + 1])


class TracksModule(L.LightningDataModule):
    def __init__(self, path, gap=0.1):
        super().__init__()
        self.path, self.gap = path, gap

    def setup(self, stage):
        tracks = np.load(self.path, allow_pickle=True)
        np.random.shuffle(tracks)  # harmless: once, main process
        self.data = Tracks(tracks)

    def hide(self, batch):
        hidden = [np.random.rand(len(t)) < self.gap for t in batch]  # expect: SDA102
        return batch, hidden

    def train_dataloader(self):
        return DataLoader(self.data, 16, shuffle=True, num_workers=4, collate_fn=self.hide)

    def predict_dataloader(self):
        sampler = DistributedSampler(self.data)  # harmless: Lightning calls set_epoch
        return DataLoader(self.data, 16, sampler=sampler, collate_fn=lambda batch: batch)


class Model(L.LightningModule):
    def training_step(self, batch, i):
        z = np.random.normal(size=(len(batch), 4))  # harmless: training step
        return torch.from_numpy(z).sum()

    def on_train_epoch_start(self):
        self.temperature = float(np.random.uniform(0.5, 1))  # harmless: main process


if __name__ == '__main__':
    seed_everything(4)  # harmless: Lightning's
    L.Trainer(max_epochs=3, devices=4).fit(Model(), TracksModule('tracks.npy'))
