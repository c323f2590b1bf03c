"""What other threads are seen to run."""

import gc
import threading

import pytest

from seedaug import _core


def waiting(entered, leave):
    entered.set()
    yield leave.wait(20)


def outer(entered, leave):
    return [*waiting(entered, leave)]


@pytest.fixture
def other():
    entered, leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=outer, args=(entered, leave))
    thread.start()
    assert entered.wait(20)
    yield thread
    leave.set()
    thread.join()


def test_the_code_of_another_thread_innermost_first(other):
    names = [code.co_name for code in _core.running_code()[other.ident]]
    assert names[-4:] == ["outer", "run", "_bootstrap_inner", "_bootstrap"]
    assert "waiting" in names[:-4]


def test_none_of_the_thread_that_asks():
    assert threading.get_ident() not in _core.running_code()


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_stays_as_it_was(collecting):
    was = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        _core.running_code()
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if was else gc.disable)()
