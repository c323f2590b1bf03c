from speech.augment.base import AugmentationPipeline
