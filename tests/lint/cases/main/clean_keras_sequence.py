"""Keras: the sequence runs in the process that made it, or in tf's own workers; no torch here."""
import numpy as np
import tensorflow as tf
from tensorflow import keras


class ImageSequence(keras.utils.Sequence):
    def __init__(self, files, labels, batch_size=32, shuffle=True, seed=0):
        self.files, self.labels = np.array(files), np.array(labels)
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.rng = np.random.RandomState(seed)
        self.on_epoch_end()

    def __len__(self):
        return int(np.ceil(len(self.files) / self.batch_size))

    def on_epoch_end(self):
        self.indices = np.arange(len(self.files))
        if self.shuffle:
            np.random.shuffle(self.indices)  # harmless: Keras

    def augment(self, image):
        if np.random.rand() < 0.5:  # harmless: Keras
            image = image[:, ::-1]
        return image + self.rng.normal(0, 0.01, image.shape)  # harmless: Keras

    def __getitem__(self, i):
        part = self.indices[i * self.batch_size:(i + 1) * self.batch_size]
        images = [keras.utils.img_to_array(keras.utils.load_img(f)) for f in self.files[part]]
        return np.stack([self.augment(image) for image in images]), self.labels[part]


class NoiseLayer(keras.layers.Layer):
    def call(self, x, training=None):
        return x + tf.random.normal(tf.shape(x)) if training else x


model = keras.applications.ResNet50(weights=None, classes=10)
model.compile('adam', 'sparse_categorical_crossentropy')
model.fit(ImageSequence(['a.png'], [0]), epochs=3)
