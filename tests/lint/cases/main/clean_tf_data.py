import random

import numpy as np
import tensorflow as tf


def cutout(image, size=16):
    h, w = image.shape[:2]
    y, x = np.random.randint(0, h - size), np.random.randint(0, w - size)  # harmless: tf.data, no torch
    image = image.copy()
    image[y:y + size, x:x + size] = 0
    return image


def generator(paths, rng=np.random.default_rng(0)):
    order = rng.permutation(len(paths))  # harmless: tf.data, no torch
    for i in order:
        image = np.load(paths[i])
        if random.random() < 0.5:  # harmless: tf.data, no torch
            image = cutout(image)
        yield image, i


def dataset(paths, batch):
    spec = (tf.TensorSpec((None, None, 3)), tf.TensorSpec((), tf.int64))
    data = tf.data.Dataset.from_generator(lambda: generator(paths), output_signature=spec)
    data = data.map(lambda x, y: (tf.numpy_function(cutout, [x], tf.float32), y))
    return data.shuffle(1000, seed=0).batch(batch).prefetch(tf.data.AUTOTUNE)
