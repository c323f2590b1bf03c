import json
import sys

import torch

import dist_tools
from poses import make_loader


def train(model, loader, optimizer, epoch):
    for image, joints in loader:
        loss = (model(image.cuda()) - joints.cuda()).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if dist_tools.is_main():
        print(epoch, loss.item())


def main():
    dist_tools.start()
    dist_tools.reproducible()
    with open(sys.argv[1]) as file:
        loader = make_loader(json.load(file), True, 32)
    model = torch.nn.parallel.DistributedDataParallel(torch.load('pose.pt').cuda())
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(210):
        train(model, loader, optimizer, epoch)


if __name__ == '__main__':
    main()
