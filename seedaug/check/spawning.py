"""Whether a loader can be sent to a new process, as the start methods other than fork do."""

from __future__ import annotations

import io
import time
from multiprocessing.reduction import ForkingPickler
from typing import Any

from seedaug.check.stage import Send, StageError, perform

__all__ = ["why_not_spawned"]

_LARGEST = 256 << 20  # bytes of a dataset that is sent


def why_not_spawned(loader: Any, seconds: float) -> str | None:
    """Why the loader can't be sent to a new process, or None if it can."""

    def dumped(send: Send) -> str | None:
        send("pickling the dataset")
        sink = _Sink()
        try:
            parts = loader.dataset, loader.collate_fn, loader.worker_init_fn
            ForkingPickler(sink).dump(parts)
        except Exception as error:
            return f"it can't be pickled ({error})" if not sink.full else "it is too large"
        main = sink.main and getattr(loader, "multiprocessing_context", None) is None
        return "it is defined in the program itself (__main__)" if main else None

    try:
        answer: str | None = perform(dumped, time.monotonic() + seconds)
    except StageError as error:
        return str(error)
    return answer


class _Sink(io.RawIOBase):
    """Takes a pickle, keeps nothing of it but whether it names `__main__`."""

    def __init__(self) -> None:
        self.size = 0
        self.main = False
        self.full = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self.size += len(piece)
        self.main |= b"__main__" in piece
        self.full = self.size > _LARGEST
        if self.full:
            raise OSError("too large")
        return len(piece)
