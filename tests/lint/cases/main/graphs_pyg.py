import numpy as np
import torch
from torch_geometric.data import InMemoryDataset
from torch_geometric.datasets import TUDataset
from torch_geometric.loader import DataLoader
from torch_geometric.transforms import BaseTransform, Compose
from torch_geometric.utils import dropout_edge, subgraph


class DropNodes(BaseTransform):
    def __init__(self, p: float = 0.2):
        self.p = p

    def forward(self, data):
        keep = np.random.rand(data.num_nodes) > self.p  # expect: SDA102
        keep = torch.from_numpy(keep)
        data.edge_index, _ = subgraph(keep, data.edge_index, relabel_nodes=True)
        data.x = data.x[keep]
        return data


class MaskFeatures(BaseTransform):
    def __init__(self, p, seed=12345):
        self.p = p
        self.rng = np.random.RandomState(seed)

    def __call__(self, data):
        columns = self.rng.binomial(1, self.p, data.x.size(1)).astype(bool)  # expect: SDA101
        data.x[:, columns] = 0
        return data


class Molecules(InMemoryDataset):
    def __init__(self, root, transform=None, k=3):
        self.k = k
        super().__init__(root, transform)

    def get(self, idx):
        data = super().get(idx)
        data.root = int(np.random.randint(data.num_nodes))  # expect: SDA102
        return data

    def process(self):
        graphs = [g for g in torch.load(self.raw_paths[0])]
        np.random.shuffle(graphs)  # harmless: written to disk once, in the main process
        torch.save(self.collate(graphs), self.processed_paths[0])


def loaders(root):
    views = Compose([DropNodes(0.1), MaskFeatures(0.1)])
    proteins = TUDataset(root, 'PROTEINS', transform=views)
    order = torch.randperm(len(proteins))  # harmless: a split
    yield DataLoader(proteins[order[:900]], batch_size=64, shuffle=True, num_workers=4)
    yield DataLoader(Molecules(root, views), batch_size=64, num_workers=4)


def train(model, loader):
    for data in loader:
        edges, _ = dropout_edge(data.edge_index, p=0.2)
        negative = np.random.randint(data.num_nodes, size=(2, edges.size(1)))  # harmless: training loop
        model(data.x, edges, torch.from_numpy(negative))
