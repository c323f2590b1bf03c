"""What all tests share: the device parameter, the `cuda` marker, torchvision beside a CPU torch."""

import os
import signal

import pytest
import torch
from torchvision_schemas import define_torchvision_schemas

REQUIRE_CUDA = os.environ.get("SEEDAUG_REQUIRE_CUDA") == "1"


TORCHVISION_SCHEMAS = define_torchvision_schemas()

# A shell that starts the tests in the background has them, and what they start, ignore interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def why_no_cuda():
    """Why CUDA tests cannot run here, or None if they can."""
    from seedaug import _core

    if not _core.config()["cuda_built"]:
        return "seedaug was built without CUDA"
    if not torch.cuda.is_available():
        return f"torch {torch.__version__} sees no GPU"
    return None


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def device(request):
    """The device under test: the CPU and, where there is one, a GPU."""
    return torch.device(request.param)


def pytest_runtest_setup(item):
    if item.get_closest_marker("cuda") is None:
        return
    reason = why_no_cuda()
    if reason is None:
        return
    if REQUIRE_CUDA:
        pytest.fail(f"SEEDAUG_REQUIRE_CUDA=1, but {reason}", pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items):
    """Leaves torch's own compiler out where it cannot work: it does not quote its paths."""
    if " " not in torch.__file__:
        return
    for item in items:
        if "inductor" in item.name:
            reason = f"torch.compile's inductor cannot compile from {torch.__path__[0]!r}: a space"
            item.add_marker(pytest.mark.skip(reason=reason))
