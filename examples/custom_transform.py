"""A transform of your own: solarize, with a random threshold, keyed like seedaug's own.

Run it: python examples/custom_transform.py
"""

import torch

import seedaug


class Solarize(seedaug.Transform):
    """Invert the pixels above a random threshold, with probability `p`.

    Words of its stream: 0 the gate of `p`, 1 the threshold, an integer in [64, 192).
    """

    # A number from 96 to 127 keeps its draws apart from everything else's. It is part of what is
    # drawn: never change it once results matter.
    kind = seedaug.register_kind("solarize", 96)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def make_params(self, draws, size):
        """Draws once for a sample, whatever it consists of."""
        return {"applied": draws.gate(self.p), "threshold": 64 + draws.integers(128)}

    def transform(self, image, params):
        """One image [C, H, W]; PIL images and arrays come as tensors too."""
        if not params["applied"]:
            return image
        return torch.where(image < params["threshold"], image, 255 - image)


def main() -> None:
    augment = seedaug.Compose(
        [seedaug.RandomCrop(24), Solarize(), seedaug.RandomHorizontalFlip()], dtype=torch.float32
    )
    images = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)

    batch = augment(images, keys=seedaug.keys(seed=0, epoch=1, index=range(8)))
    alone = augment(images[5], seedaug.Key(seed=0, epoch=1, index=5))
    assert torch.equal(batch[5], alone), "a sample is the same alone and in any batch"

    with seedaug.sample(seedaug.Key(seed=0, epoch=1, index=5)):
        assert torch.equal(augment(images[5]), alone), "and inside a dataset"

    for epoch in range(3):
        key = seedaug.Key(seed=0, epoch=epoch, index=5)
        print(epoch, augment.params(key, size=(32, 32))["solarize"])


if __name__ == "__main__":
    main()
