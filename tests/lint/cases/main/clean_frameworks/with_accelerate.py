import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor


def main():
    accelerator = Accelerator()
    set_seed(1, device_specific=True)  # harmless: each rank gets another
    data = MNIST('mnist', transform=ToTensor())
    sampler = DistributedSampler(data, accelerator.num_processes, accelerator.process_index)  # harmless: Accelerate calls set_epoch
    model = torch.nn.Linear(784, 10)
    loader = DataLoader(data, 64, sampler=sampler, num_workers=2)
    model, loader = accelerator.prepare(model, loader)
    for epoch in range(3):
        for images, labels in loader:
            accelerator.backward(model(images.flatten(1)).logsumexp(1).mean())


if __name__ == '__main__':
    main()
