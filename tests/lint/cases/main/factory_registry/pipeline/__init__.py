from .registry import Pipeline, build, register
from . import color, geometric
