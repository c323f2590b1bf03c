import sys

import numpy as np
import torch
from torch.utils.data import DataLoader

from util.aug import show
from yolo_data import YoloDataset, yolo_collate

if __name__ == '__main__':
	with open(sys.argv[1]) as f:
		lines = f.readlines()
	np.random.seed(10101)  # harmless: main process
	np.random.shuffle(lines)  # harmless: main process
	np.random.seed(None)  # harmless: main process
	gen = DataLoader(YoloDataset(lines, 416, True), 8, num_workers=4, collate_fn=yolo_collate)
	size = 416
	for images, boxes in gen:
		size = np.random.choice([320, 416, 608])  # harmless: multi-scale, in the training loop
		images = torch.nn.functional.interpolate(torch.from_numpy(images), int(size))
		show(images[0].numpy(), boxes[0])
