"""Transforms applied one after another to the image of one sample."""

from collections import Counter

from reference import geometry, pixels
from reference.normal import normal_elements
from reference.stream import KINDS, Stream, bounded, gate


def _random_crop(
    image, stream, size, padding=(0, 0, 0, 0), mode=geometry.CONSTANT, fill=0, pad_if_needed=False
):
    _, top_word, left_word, _ = stream.parameters()
    (height, width), (left, top, right, bottom) = size, padding
    top, bottom = geometry.needed(image.data.shape[-2], height, top, bottom, pad_if_needed)
    left, right = geometry.needed(image.data.shape[-1], width, left, right, pad_if_needed)
    padded = geometry.pad(image.data, left, top, right, bottom, mode, image.fill(fill))
    y = bounded(top_word, padded.shape[-2] - height + 1)
    x = bounded(left_word, padded.shape[-1] - width + 1)
    return geometry.crop(padded, y, x, height, width), [y, x, left, top, right, bottom]


def _center_crop(image, stream, size):
    (height, width), shape = size, image.data.shape
    top, bottom, y = geometry.centred(shape[-2], height)
    left, right, x = geometry.centred(shape[-1], width)
    padded = geometry.pad(image.data, left, top, right, bottom, geometry.CONSTANT, image.fill(0))
    return geometry.crop(padded, y, x, height, width), [y, x, left, top, right, bottom]


def _pad(image, stream, padding, mode=geometry.CONSTANT, fill=0):
    return geometry.pad(image.data, *padding, mode, image.fill(fill)), [0, 0, *padding]


def _horizontal_flip(image, stream, p=0.5):
    flips = gate(stream.parameters()[0], p)
    return image.data[..., ::-1] if flips else image.data, [int(flips), 0, 0, 0, 0, 0]


def _vertical_flip(image, stream, p=0.5):
    flips = gate(stream.parameters()[0], p)
    return image.data[..., ::-1, :] if flips else image.data, [int(flips), 0, 0, 0, 0, 0]


def _gaussian_noise(image, stream, mean=0.0, sigma=0.1, clip=True):
    z = normal_elements(stream, image.data.size).reshape(image.data.shape)
    return pixels.add_noise(image, z, mean, sigma, clip)


MOVES = {
    "random_crop": _random_crop,
    "center_crop": _center_crop,
    "pad": _pad,
    "horizontal_flip": _horizontal_flip,
    "vertical_flip": _vertical_flip,
}
CHANGES = {
    "to_dtype": lambda image, _, dtype, scale=False: pixels.to_dtype(image, dtype, scale),
    "normalize": lambda image, _, mean, std: pixels.normalize(image, mean, std),
    "gaussian_noise": _gaussian_noise,
    "clamp": lambda image, _, low, high: pixels.clamp_image(image, low, high),
}


def _apply(steps, image, at, stage):
    used, rows, moves_only = Counter(), [], True
    for name, arguments in steps:
        stream = Stream(at, KINDS[name], used[name] + 16 * stage)
        used[name] += 1
        if name in MOVES:
            data, row = MOVES[name](image, stream, **arguments)
            image = pixels.Image(data, image.dtype)
        else:
            before, row = image, [0] * 6
            image = CHANGES[name](before, stream, **arguments)
            moves_only &= image is before  # to_dtype to the same type is nothing
        rows.append(row)
    return image if moves_only else image.canonical(), rows


def run(steps, image, at, stage=0):
    """The image [..., C, H, W] of the sample at some coordinates after steps (name, arguments)."""
    return _apply(steps, image, at, stage)[0]


def draws(steps, image, at, stage=0):
    """What each step did to the geometry: [top, left, padding ...], [flipped, 0 ...] or zeros."""
    return _apply(steps, image, at, stage)[1]
