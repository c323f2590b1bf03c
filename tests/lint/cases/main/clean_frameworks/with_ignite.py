import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from torch.utils.data import DataLoader, DistributedSampler
from torchvision.datasets import MNIST


def training(rank, config):
    data = MNIST('mnist')
    sampler = DistributedSampler(data)  # harmless: a handler calls set_epoch
    loader = DataLoader(data, 64, sampler=sampler)
    trainer = Engine(lambda engine, batch: None)

    @trainer.on(Events.EPOCH_STARTED)
    def shuffle(engine):
        sampler.set_epoch(engine.state.epoch - 1)

    torch.manual_seed(config['seed'] + rank)  # harmless: each rank gets another
    trainer.run(loader, max_epochs=5)


if __name__ == '__main__':
    with idist.Parallel('nccl') as parallel:
        parallel.run(training, {'seed': 3})
