"""Videos."""
from .sampling import jittered_scale, make
