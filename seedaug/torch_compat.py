"""All that seedaug uses of torch without torch's promise to keep it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import maybe_current_level
from torch.multiprocessing import reductions
from torch.nn.modules import module
from torch.utils._pytree import SUPPORTED_NODES, tree_flatten, tree_unflatten
from torch.utils.data._utils import collate
from torch.utils.data._utils.collate import default_collate_fn_map

__all__ = [
    "LOADERS_FETCH",
    "SUPPORTED_NODES",
    "StorageWeakRef",
    "collate",
    "default_collate_fn_map",
    "descriptor_of",
    "has_hooks",
    "hooks_for_all",
    "is_plain_eager",
    "new_shared_storage",
    "received_storage",
    "shared_bytes",
    "shared_storage_of",
    "tree_flatten",
    "tree_unflatten",
]

LOADERS_FETCH = "torch.utils.data._utils.fetch"
"""The module in which torch's loader asks a dataset for samples."""

StorageWeakRef: Any = reductions.StorageWeakRef  # torch gives it no types

_storages: Any = torch.UntypedStorage


def is_plain_eager() -> bool:
    """Whether nothing compiles, transforms, traces or intercepts what is called."""
    if torch.compiler.is_compiling() or maybe_current_level() is not None:
        return False
    return torch._C._get_tracing_state() is None and not torch._C._len_torch_dispatch_stack()


def has_hooks(one: nn.Module) -> bool:
    """Whether calling a module calls hooks of its own."""
    hooks = (
        one._forward_hooks,
        one._forward_pre_hooks,
        one._backward_hooks,
        one._backward_pre_hooks,
    )
    return any(hooks)


def hooks_for_all() -> bool:
    """Whether calling any module calls hooks."""
    return bool(module._global_forward_hooks or module._global_forward_pre_hooks)


# --- Shared memory ---


def shared_bytes(nbytes: int) -> tuple[Tensor, int]:
    """New shared memory under a descriptor, as bytes; and the descriptor.

    Raises:
        RuntimeError: torch's; there is no room for it.
    """
    storage = _storages._new_using_fd_cpu(nbytes)
    whole: Any = torch.empty(0, dtype=torch.uint8, device="cpu")
    return whole.set_(storage), descriptor_of(storage)


def descriptor_of(storage: Any) -> int:
    """The descriptor of a shared storage."""
    found: int = storage._share_fd_cpu_()[0]
    return found


def new_shared_storage(nbytes: int) -> Any:
    """A storage in shared memory, by torch's own strategy.

    Raises:
        RuntimeError: torch's; there is no room for it.
    """
    return _storages._new_shared(nbytes, device="cpu")


def shared_storage_of(descriptor: int, nbytes: int) -> Any:
    """A storage in the shared memory of a descriptor."""
    return _storages._new_shared_fd_cpu(descriptor, nbytes)


def received_storage(sent: Any, nbytes: int) -> Any:
    """The storage of a descriptor that another process has sent, as torch's own is received."""
    rebuild: Any = reductions.rebuild_storage_fd
    return rebuild(_storages, sent, nbytes)
