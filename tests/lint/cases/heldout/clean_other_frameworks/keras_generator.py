import numpy as np
from tensorflow.keras.utils import Sequence


class VolumeGenerator(Sequence):
    def __init__(self, ids, batch=4, augment=True):
        self.ids, self.batch, self.augment = list(ids), batch, augment
        self.rs = np.random.RandomState(0)

    def __len__(self):
        return len(self.ids) // self.batch

    def __getitem__(self, index):
        part = self.ids[index * self.batch:(index + 1) * self.batch]
        volumes = np.stack([np.load(i) for i in part])
        if self.augment and np.random.rand() > 0.5:  # harmless: Keras
            volumes = volumes[:, ::-1]
        return volumes + self.rs.normal(0, 0.1, volumes.shape), np.zeros(len(part))  # harmless: Keras

    def on_epoch_end(self):
        np.random.shuffle(self.ids)  # harmless: Keras
