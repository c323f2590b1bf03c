import numpy as np
import numpy.random as rnd
import torch
import webdataset as wds
from torch.utils.data import DataLoader


class RandomResample:
    def __init__(self, rates, seed=None):
        self.rates = rates
        self.state = rnd.RandomState(seed)

    def __call__(self, wave):
        rate = self.state.choice(self.rates)  # expect: SDA101
        return wave[::rate]


def augment(samples):
    """A stage: gets the stream and gives a stream."""
    for sample in samples:
        if rnd.rand() < 0.5:  # expect: SDA102
            sample['wav'] = sample['wav'][::-1]
        yield sample


def per_batch(batch):
    lam = np.random.beta(0.3, 0.3)  # expect: SDA102
    return lam * batch + (1 - lam) * batch.flip(0)


def noop(sample):
    return sample


def pipeline(urls, batch):
    return wds.DataPipeline(
        wds.ResampledShards(urls),
        wds.tarfile_to_samples(),
        wds.decode(wds.torch_audio),
        augment,
        wds.map(noop),
        wds.map_dict(wav=RandomResample((1, 2, 3), seed=9)),
        wds.to_tuple('wav'),
        wds.batched(batch),
        wds.map(per_batch),
    )


if __name__ == '__main__':
    shards = [f's{k:04}.tar' for k in rnd.permutation(64)]  # harmless: main process
    for batch in DataLoader(pipeline(shards, 8), batch_size=None, num_workers=4):
        print(batch.shape, torch.rand(1))  # harmless: training loop
