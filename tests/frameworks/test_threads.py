"""seed_globals where other threads draw: torchdata's thread workers, dropout beside samples."""

import threading
import time

import pytest
import torch

import seedaug

nodes = pytest.importorskip("torchdata.nodes")


def seeded(**options):
    return seedaug.SeededDataset([torch.zeros(2)] * 8, 0, noisy, **options)


def noisy(x):
    return x + torch.rand(2)


def keyed(x):
    return x + torch.rand(2, generator=seedaug.torch_generator())


def through_threads(dataset):
    source = nodes.SamplerWrapper(torch.utils.data.SequentialSampler(dataset))
    return [*nodes.Loader(nodes.ParallelMapper(source, dataset.__getitem__, 2, method="thread"))]


def test_torchdatas_threads_are_refused():
    with pytest.raises(RuntimeError, match="seed_globals=True was used in thread"):
        through_threads(seeded(seed_globals=True))


def test_torchdatas_threads_with_keyed_generators_are_right():
    dataset = seedaug.SeededDataset([torch.zeros(2)] * 8, 0, keyed)
    alone = torch.stack([dataset[i] for i in range(8)])
    assert torch.equal(torch.stack(through_threads(dataset)), alone)


def test_dropout_beside_samples_of_the_main_thread_is_warned_of():
    stop = threading.Event()
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Dropout(0.5))

    def validate():
        while not stop.is_set():
            model(torch.ones(4, 8))

    thread = threading.Thread(target=validate)
    thread.start()
    time.sleep(0.1)
    try:
        with pytest.warns(seedaug.SharedGlobalsWarning, match="in validate"):
            batches = [*seedaug.DataLoader(seeded(seed_globals=True), 2)]
        assert len(batches) == 4
    finally:
        stop.set()
        thread.join()
