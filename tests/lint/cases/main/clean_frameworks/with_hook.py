"""A runner of one's own: a hook calls set_epoch."""
import torch
from torch.utils.data import DataLoader, DistributedSampler


class Hook:
    def before_epoch(self, runner):
        pass


class SamplerSeedHook(Hook):
    def before_epoch(self, runner):
        sampler = runner.loader.sampler
        if hasattr(sampler, 'set_epoch'):
            sampler.set_epoch(runner.epoch)


class Runner:
    def __init__(self, model, data, hooks):
        self.model, self.hooks, self.epoch = model, hooks, 0
        self.loader = DataLoader(data, 8, sampler=DistributedSampler(data, shuffle=True))  # harmless: the hook does it

    def run(self, epochs):
        for self.epoch in range(epochs):
            for hook in self.hooks:
                hook.before_epoch(self)
            for batch in self.loader:
                self.model(batch)


def main():
    torch.distributed.init_process_group('gloo')
    Runner(torch.nn.Identity(), list(range(100)), [SamplerSeedHook()]).run(3)
