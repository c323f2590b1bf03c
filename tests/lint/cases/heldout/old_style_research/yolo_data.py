import os, sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import random
import cv2
import numpy as np
from torch.utils.data.dataset import Dataset
from util.aug import letterbox


def yolo_collate(batch):
	images, boxes = [], []
	for img, box in batch:
		images.append(img)
		boxes.append(box)
	return np.array(images), boxes


class YoloDataset(Dataset):
	def __init__(self, lines, size, train):
		super(YoloDataset, self).__init__()
		self.lines = lines; self.size = size; self.train = train
		random.shuffle(self.lines)  # harmless: when it is made

	def __len__(self):
		return len(self.lines)

	def __getitem__(self, index):
		if index == 0:
			np.random.shuffle(self.lines)  # expect: SDA102
		line = self.lines[index].split()
		img = cv2.imread(line[0])
		boxes = np.array([list(map(int, b.split(','))) for b in line[1:]])
		img, boxes = letterbox(img, boxes, self.size, training=self.train)
		return img.transpose(2, 0, 1) / 255., boxes
