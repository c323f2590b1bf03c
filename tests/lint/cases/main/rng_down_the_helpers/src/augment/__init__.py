from .ops import brightness, cutout, permute_channels

__all__ = ['brightness', 'cutout', 'permute_channels']
