import numpy as np
import torch
from numba import jit, prange
from torch.utils.data import DataLoader


@jit(nopython=True, nogil=True)
def sample_neighbours(indptr, indices, seeds, k):
    out = np.full((len(seeds), k), -1, dtype=np.int64)
    for i in range(len(seeds)):
        begin, end = indptr[seeds[i]], indptr[seeds[i] + 1]
        for j in range(k):
            if end > begin:
                out[i, j] = indices[np.random.randint(begin, end)]  # expect: SDA104
    return out


@jit(nopython=True, parallel=True)
def random_walks(indptr, indices, starts, length):
    walks = np.empty((len(starts), length), dtype=np.int64)
    for i in prange(len(starts)):
        node = starts[i]
        for step in range(length):
            walks[i, step] = node
            degree = indptr[node + 1] - indptr[node]
            if degree > 0:
                node = indices[indptr[node] + int(np.random.rand() * degree)]  # expect: SDA104
    return walks


@jit(nopython=True)
def degrees(indptr):
    return indptr[1:] - indptr[:-1]


class NeighbourCollate:
    def __init__(self, indptr, indices, k):
        self.indptr, self.indices, self.k = indptr, indices, k

    def __call__(self, nodes):
        nodes = np.asarray(nodes)
        near = sample_neighbours(self.indptr, self.indices, nodes, self.k)
        walks = random_walks(self.indptr, self.indices, nodes, 8)
        negatives = np.random.choice(len(self.indptr) - 1, len(nodes))  # expect: SDA102
        return tuple(map(torch.from_numpy, (nodes, near, walks, negatives)))


def loader(graph, batch):
    collate = NeighbourCollate(graph.indptr, graph.indices, 10)
    order = np.argsort(degrees(graph.indptr) + np.random.rand(graph.shape[0]))  # harmless: main process
    return DataLoader(order, batch, shuffle=True, num_workers=4, collate_fn=collate)
