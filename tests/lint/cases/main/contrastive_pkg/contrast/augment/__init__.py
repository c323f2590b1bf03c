from .geometry import random_flip, random_shift
from .views import TwoViews, default_views
