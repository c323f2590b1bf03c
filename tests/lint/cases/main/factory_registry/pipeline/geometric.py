import cv2
import numpy as np

from .registry import register


@register
class Resize:
    def __init__(self, img_scales):
        self.img_scales = img_scales

    @staticmethod
    def random_select(img_scales):
        i = np.random.randint(len(img_scales))  # expect: SDA102
        return img_scales[i]

    @staticmethod
    def random_sample(img_scales):
        sides = [min(s) for s in img_scales]
        return np.random.randint(min(sides), max(sides) + 1)  # expect: SDA102

    def __call__(self, results):
        scale = self.random_select(self.img_scales)
        if results.get('keep_ratio'):
            scale = (self.random_sample(self.img_scales),) * 2
        results['img'] = cv2.resize(results['img'], scale)
        results['scale'] = scale
        return results


@register
class RandomFlip:
    def __init__(self, ratio=0.5, seed=None):
        self.ratio = ratio
        self.rng = np.random.RandomState(seed)

    def __call__(self, results):
        if 'flip' not in results:
            results['flip'] = self.rng.rand() < self.ratio  # expect: SDA101
        if results['flip']:
            results['img'] = results['img'][:, ::-1]
        return results
