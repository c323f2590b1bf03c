from .data import build_loader
from .augment import TwoViews, default_views
