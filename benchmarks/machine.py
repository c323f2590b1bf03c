"""What a measurement was made on: the processor, the load, the versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import torch

from seedaug import config

PEERS = {  # name of the distribution: how the tables call it
    "torchvision": "torchvision",
    "kornia": "kornia",
    "albumentationsx": "AlbumentationsX",
    "nvidia-dali-cuda130": "DALI",
    "jax": "JAX",
    "pillow": "Pillow",
}


def cpu_model() -> str:
    """The processor's name, as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Versions of what takes part; "not installed" is said, never guessed."""
    known = config.config()
    found = {name: str(known[name]) for name in ("python", "torch", "numpy", "compiler")}
    found["seedaug"] = str(known["version"])
    for distribution, name in PEERS.items():
        try:
            found[name] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def load() -> float | None:
    """How many processes wanted to run in the last minute, where the system counts them."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """The machine's part of the JSON."""
    known = config.config()
    return {
        "cpu": cpu_model(),
        "cores": cores(),
        "isa": known["isa"],
        "isas_available": known["isas_available"],
        "system": known["platform"],
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }
