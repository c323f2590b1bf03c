#!/usr/bin/env python
# coding: utf-8
import numpy as np, cv2, random
from numpy import random as nprandom

def _rand(a=0., b=1.):
	return np.random.rand()*(b-a) + a  # expect: SDA102

def letterbox(img, boxes, size, jitter=.3, training=True):
	h, w = img.shape[:2]
	if not training:
		scale = min(size/w, size/h)
	else:
		scale = _rand(.25, 2) * min(size/w, size/h) * _rand(1-jitter, 1+jitter)
	img = cv2.resize(img, (max(1, int(w*scale)), max(1, int(h*scale))))
	canvas = np.full((size, size, 3), 128, np.uint8)
	dy = nprandom.randint(0, max(1, size-img.shape[0])); dx = nprandom.randint(0, max(1, size-img.shape[1]))  # expect: SDA102
	part = img[:size-dy, :size-dx]
	canvas[dy:dy+part.shape[0], dx:dx+part.shape[1]] = part
	nprandom.shuffle(boxes)  # expect: SDA102
	return canvas, boxes

def colours(n):
	'''for the plots'''
	rs = np.random.RandomState(1)
	return [tuple(rs.randint(0, 255, 3)) for _ in range(n)]  # harmless: plots

def show(img, boxes):
	for box, colour in zip(boxes, colours(len(boxes))):
		cv2.rectangle(img, box[:2], box[2:], colour, random.randint(1, 3))  # harmless: plots
	cv2.imwrite('out.png', img)
