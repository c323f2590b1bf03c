"""What a transform draws that is applied or not, and has nothing else to decide."""

from typing import NamedTuple

from reference.stream import gate

WORDS = ("gate",)


class Drawn(NamedTuple):
    applied: bool


def draw(words, p=0.5):
    return Drawn(gate(words[0], p))
