"""The plain twins of transforms, one file each: written from the contract before the fast version.

A twin has WORDS, the names of the parameter words that it reads from word 0 on, where it draws;
draw(words, ...), which gives a named tuple; and apply(image, ...), on an Image [..., C, H, W] of
any of the four types. Where Drawn has `applied` and it is false, apply is not to be called. An op
computes in float32 and rounds once, to the image's type, at its end.

KINDS are proposals, in numbers that the registry still reserves. 10 ... 15 are maps of the plane
(affine, rotation, perspective and elastic would follow), 32 ... are changes of values: of each
alone or of the pixel, then those that read the whole image, then those that read neighbours.
"""

KINDS = {
    "resize": 10,  # draws nothing
    "random_resized_crop": 11,
    "color_jitter": 32,
    "grayscale": 33,
    "channel_permutation": 34,
    "invert": 35,
    "solarize": 36,
    "posterize": 37,
    "erasing": 38,
    "autocontrast": 39,
    "equalize": 40,
    "gaussian_blur": 41,
    "adjust_sharpness": 42,
}
