"""Which seedaug this is: version, instruction sets, CUDA, and the torch that it runs under."""

from __future__ import annotations

import os
import platform
from typing import Any

import numpy
import torch

from seedaug import _core


def config() -> dict[str, Any]:
    """What `show_config` prints, as a dict.

    Returns:
        The entries of the native library (`version`, `stream_version`, `isa`, `isas_available`,
        `cuda_built`, `cuda_archs`, `torch_built_with`, `compiler`), and of what it runs under
        (`torch`, `cuda_device`, `threads`, `numpy`, `python`, `platform`).

    >>> config()["stream_version"]
    1
    >>> config()["isa"] in config()["isas_available"]
    True
    """
    return {
        **_core.config(),
        "stream_version": _core.STREAM_VERSION,
        "torch": torch.__version__,
        "cuda_device": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "threads": torch.get_num_threads(),
        "numpy": numpy.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def show_config() -> None:
    """Prints version, stream version, instruction sets, CUDA and torch: what a bug report needs.

    The instruction set is chosen when the library is loaded; the environment variable
    `SEEDAUG_ISA` forces one.

    >>> show_config()  # doctest: +ELLIPSIS
    seedaug ...
    """
    c = config()
    cuda = f"built for {_listed(c['cuda_archs'])}" if c["cuda_built"] else "not built"
    rows = {
        "stream version": c["stream_version"],
        "instruction set": f"{c['isa']} (available: {_listed(c['isas_available'])})",
        "CUDA kernels": f"{cuda}; GPU: {c['cuda_device'] or 'none seen by torch'}",
        "torch": f"{c['torch']} (built with {c['torch_built_with']}), {c['threads']} threads",
        "compiler": c["compiler"],
        "Python": f"{c['python']}, NumPy {c['numpy']}, {c['platform']}",
    }
    print(f"seedaug {c['version']}")
    for name, value in rows.items():
        print(f"  {name + ':':<17}{value}")


def _check_isa() -> None:
    """Says at import that SEEDAUG_ISA names what is not here; the libraries take the best."""
    wanted, available = os.environ.get("SEEDAUG_ISA"), _core.config()["isas_available"]
    if wanted and wanted not in available:
        raise ValueError(
            f"SEEDAUG_ISA={wanted}: this build on this machine has {_listed(available)}; "
            "name one of them, or unset it for the first"
        )


def _listed(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value).replace(",", ", ")


_check_isa()
