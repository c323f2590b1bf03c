"""Random numbers of the project, from one place."""
from .manager import RandomManager, get_rng
