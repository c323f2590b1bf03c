from .photometric import dust, grain, outdoors
