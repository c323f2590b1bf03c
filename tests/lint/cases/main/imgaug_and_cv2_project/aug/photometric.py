import cv2
import numpy as np
from imgaug import augmenters


def grain(image, amount=10):
    noise = np.empty(image.shape, np.int8)
    cv2.randn(noise, 0, amount)  # expect: SDA105
    return np.clip(image.astype(int) + noise, 0, 255).astype(np.uint8)


def dust(image, share=0.001):
    specks = np.zeros(image.shape[:2])
    cv2.randu(specks, 0.0, 1.0)  # expect: SDA105
    image[specks < share] = 255
    return image


weather = augmenters.SomeOf((0, 2), [augmenters.Fog(), augmenters.Rain(), augmenters.Snowflakes()])


def outdoors(image):
    return weather(image=image)  # expect: SDA105
