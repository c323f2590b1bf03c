import numpy as np
import torch
from torch.utils.data import DataLoader
from torch.utils.data.datapipes.iter import IterableWrapper, IterDataPipe
from torch.utils.data.datapipes.map import MapDataPipe
from torch_geometric.data import Dataset as GraphDataset
from torch_geometric.transforms import BaseTransform, Compose


class EdgeNoise(BaseTransform):
    def __init__(self, generator):
        self.generator = generator

    def forward(self, data):
        keep = torch.rand(data.num_edges, generator=self.generator) > 0.1  # expect: SDA101
        data.edge_index = data.edge_index[:, keep]
        return data


class Roads(GraphDataset):
    def len(self):
        return 100

    def get(self, idx):
        data = torch.load(f'{self.root}/{idx}.pt')
        data.start = np.random.randint(data.num_nodes)  # expect: SDA102
        return data


class Pairs(IterDataPipe):
    def __init__(self, source, seed=0):
        self.source = source
        self.rng = np.random.RandomState(seed)

    def __iter__(self):
        kept = []
        for item in self.source:
            kept.append(item)
            yield item, kept[self.rng.randint(len(kept))]  # expect: SDA101


class Table(MapDataPipe):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i] + np.random.randn()  # expect: SDA102


def flip(x):
    return -x if np.random.rand() < 0.5 else x  # expect: SDA102


def build(root, rows):
    generator = torch.Generator()
    generator.manual_seed(2)  # harmless: seeded where it is made; the draws are the matter
    yield DataLoader(Pairs(IterableWrapper(rows).map(flip)), 4, num_workers=2)
    yield DataLoader(Table(rows), 4, num_workers=2)
    yield DataLoader(Roads(root, Compose([EdgeNoise(generator)])), 1, num_workers=2)


def walk(edges, start, steps, rng=np.random.default_rng(0)):
    """A random walk for a figure."""
    for _ in range(steps):
        start = rng.choice(edges[start])  # harmless: for a figure
    return start
