"""DALI's CPU pipeline doing a `Work` on a batch that lies in memory.

One worker thread, no prefetching: a call does one batch's work and no other's. The images are
handed over without a copy, and the results lie in buffers that DALI uses again, so what a call
costs is to be compared with seedaug's `out=`.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor

from benchmarks.harness import Call
from benchmarks.workload import MEAN, SIGMA, STD, Work


def modules() -> tuple[Any, Any, Any] | None:
    """DALI itself, its functions and its types; None if it isn't installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there is no GPU is known
            from nvidia import dali
            from nvidia.dali import fn, types
    except ImportError:
        return None
    return dali, fn, types


def batch(work: Work, images: Any) -> Call | None:
    """Crop place and coin for each image; crop, flip, normalise and layout are one operator."""
    found = modules()
    if found is None:
        return None
    dali, fn, types = found
    layout = "HWC" if work.hwc else "CHW"
    there = [(one.permute(1, 2, 0) if work.hwc else one).contiguous().numpy() for one in images]
    mean, std = ([0.0], [1.0]) if work.raw else ([255 * m for m in MEAN], [255 * s for s in STD])
    pipe = dali.Pipeline(
        batch_size=len(there),
        num_threads=1,
        device_id=None,
        seed=1,
        exec_pipelined=False,
        exec_async=False,
        prefetch_queue_depth=1,
    )
    with pipe:
        source = fn.external_source(
            source=lambda: there, batch=True, no_copy=True, layout=layout, dtype=types.UINT8
        )
        made = fn.crop_mirror_normalize(
            source,
            crop=(work.crop, work.crop),
            crop_pos_x=fn.random.uniform(range=(0.0, 1.0)),
            crop_pos_y=fn.random.uniform(range=(0.0, 1.0)),
            mirror=fn.random.coin_flip(),
            mean=mean,
            std=std,
            dtype=types.UINT8 if work.raw else types.FLOAT,
            output_layout="CHW",
        )
        if work.noise:
            made = fn.noise.gaussian(made, stddev=SIGMA)
        pipe.set_outputs(made)
    pipe.build()

    def call() -> Tensor:
        (results,) = pipe.run()
        return torch.from_dlpack(results.as_tensor())

    return call
