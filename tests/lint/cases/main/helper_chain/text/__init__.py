from text.noise import *
from text import noise as corruption
