"""Training on several GPUs with torchrun."""
import os

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler
from torchvision import datasets, models, transforms


def setup():
    dist.init_process_group("nccl")
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))


def loaders(root, batch_size):
    crop = transforms.Compose([transforms.RandomCrop(32, padding=4), transforms.ToTensor()])
    train = datasets.CIFAR10(root, train=True, transform=crop)
    test = datasets.CIFAR10(root, train=False, transform=transforms.ToTensor())
    train_sampler = DistributedSampler(train)  # expect: SDA401
    test_sampler = DistributedSampler(test, shuffle=False)  # harmless: the order is fixed anyway
    return (
        DataLoader(train, batch_size, sampler=train_sampler, num_workers=4, pin_memory=True),
        DataLoader(test, batch_size, sampler=test_sampler, num_workers=4),
    )


def main(epochs=200):
    setup()
    train_loader, test_loader = loaders("data", 128)
    model = DistributedDataParallel(models.resnet18(num_classes=10).cuda())
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    for epoch in range(epochs):
        model.train()
        for images, labels in train_loader:
            loss = F.cross_entropy(model(images.cuda()), labels.cuda())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if dist.get_rank() == 0:
            print(epoch, loss.item())
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
