import numpy as np
import pytorch_lightning as pl
import torch
from torch import nn

from datamodule import QuakeData


class Picker(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.GRU(1, 32)

    def training_step(self, batch, batch_idx):
        drop = np.random.rand() < 0.1  # harmless: training step, main process
        noise = torch.randn_like(batch)  # harmless: training step, main process
        return self.net((batch + noise)[..., None])[0].mean() * (1 - drop)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())


if __name__ == '__main__':
    pl.seed_everything(1, workers=True)  # harmless: Lightning tells ranks and workers apart
    trainer = pl.Trainer(devices=2, strategy='ddp', max_epochs=10)
    trainer.fit(Picker(), datamodule=QuakeData('traces.npy'))
