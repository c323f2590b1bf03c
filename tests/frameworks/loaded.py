"""Imported where ranks are forked: what each of them would import anew, for seconds."""

import importlib

from ..torchvision_schemas import define_torchvision_schemas

schemas = define_torchvision_schemas()  # lives as long as its operators
for late in (  # by optimizers and accelerate, when they are made
    "torch._dynamo",
    "torch.distributed.fsdp",
    "datasets",
    "torchdata.stateful_dataloader",
):
    importlib.import_module(late)
