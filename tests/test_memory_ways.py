"""No batch is written over while anything holds it: the short hunt."""

import os

import pytest
from memory_hunt import hunted
from memory_ways import IN_PROCESS, SHARED


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("ways", [IN_PROCESS, SHARED[:4]], ids=["in_process", "shared"])
def test_a_short_hunt(workers, ways):
    found = hunted("ours", workers, 4 * len(ways), "file_descriptor", ways)
    assert found["wrong"] == {}


@pytest.mark.slow
@pytest.mark.parametrize("way", SHARED, ids=lambda way: way.__name__)
def test_a_short_hunt_of_what_is_sent_on(way):
    found = hunted("ours", 2, 40, "file_descriptor", [way])
    assert found["wrong"] == {}
