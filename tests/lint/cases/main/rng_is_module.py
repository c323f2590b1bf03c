"""Poses of objects from RGB-D frames; `self.rng` is the module here, as older code has it."""
import cv2
import numpy as np
import torch.utils.data as data


class PoseFrames(data.Dataset):
    def __init__(self, frames, split='train', noise_trans=0.05):
        self.frames = frames
        self.split = split
        self.noise_trans = noise_trans
        self.rng = np.random
        self.backgrounds = [f for f in frames if f.get('background')]

    def __len__(self):
        return len(self.frames)

    def rand_range(self, low, high):
        return self.rng.rand() * (high - low) + low  # expect: SDA102

    def gaussian_noise(self, image, sigma):
        noisy = image + self.rng.randn(*image.shape) * sigma  # expect: SDA102
        return np.clip(noisy, 0, 255).astype(np.uint8)

    def rgb_add_noise(self, image):
        if self.rng.rand() > 0.8:  # expect: SDA102
            hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.uint16)
            hsv[:, :, 1] = hsv[:, :, 1] * self.rand_range(0.5, 1.6)
            image = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)
        return self.gaussian_noise(image, self.rand_range(0, 15))

    def __getitem__(self, idx):
        frame = self.frames[idx]
        image, depth = frame['rgb'].copy(), frame['depth']
        if self.split == 'train':
            image = self.rgb_add_noise(image)
            back = self.backgrounds[self.rng.randint(len(self.backgrounds))]  # expect: SDA102
            image = np.where(frame['mask'][..., None], image, back['rgb'])
        choose = np.flatnonzero(depth)
        if len(choose) > 1024:
            keep = np.zeros(len(choose), dtype=int)
            keep[:1024] = 1
            self.rng.shuffle(keep)  # expect: SDA102
            choose = choose[keep.nonzero()]
        return image, depth, choose
