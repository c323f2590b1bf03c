"""What a run writes down: a line of JSON for each batch, at once, so that a kill leaves it."""

from __future__ import annotations

import json
import os
import signal
import warnings
import zlib
from pathlib import Path
from typing import Any

import torch

import seedaug

from .contract import Record, Step


class Killed(Exception):
    """Stands for SIGKILL where a test must live on."""


class Log:
    """Writes one rank's record of one session.

    Args:
        path: the file; its lines are flushed one by one.
        rank: whose.
        kill_at: (epoch, batch) of training: what ends the process, once that batch is written down.
        softly: raise `Killed` instead.
    """

    def __init__(
        self,
        path: Path,
        rank: int = 0,
        kill_at: tuple[int, int] | None = None,
        softly: bool = False,
    ) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.rank = rank
        self.kill_at = kill_at
        self.softly = softly
        self.stage = "train"
        self._counts: dict[tuple[str, int], int] = {}

    def write(self, **entry: Any) -> None:
        """One line."""
        os.write(self._file, (json.dumps(entry) + "\n").encode())

    def step(self, stage: str, epoch: int, batch: Any) -> None:
        """Write down a batch: (images, labels, packed keys [N, 3])."""
        images, labels, keys = batch
        self.stage = stage
        self.write(
            what="step",
            stage=stage,
            epoch=int(epoch),
            keys=keys.tolist(),
            labels=labels.tolist(),
            sums=[checksum(image) for image in images],
        )
        number = self._counts.get((stage, epoch), 0)
        self._counts[stage, epoch] = number + 1
        if stage == "train" and (epoch, number) == self.kill_at:
            if self.softly:
                raise Killed
            os.kill(os.getpid(), signal.SIGKILL)

    def listen(self) -> None:
        """Write down seedaug's warnings from now on, those of workers that are forked too."""
        warnings.simplefilter("default")

        def show(message: Any, category: type, *_: Any, **__: Any) -> None:
            if "seedaug" in category.__module__ or "seedaug" in str(message):
                self.write(what="warning", stage=self.stage, text=f"{category.__name__}: {message}")

        warnings.showwarning = show


def checksum(image: torch.Tensor) -> int:
    """Of a tensor's bytes."""
    return zlib.crc32(image.detach().contiguous().cpu().numpy().tobytes())


def read(path: Path, rank: int) -> Record:
    """A rank's record, or an empty one where none was written."""
    record = Record()
    lines = path.read_text().splitlines() if path.exists() else []
    for line in lines:
        entry = json.loads(line)
        if entry["what"] == "step":
            keys = tuple(_coordinates(key) for key in entry["keys"])
            labels, sums = tuple(entry["labels"]), tuple(entry["sums"])
            record.steps.append(Step(entry["stage"], entry["epoch"], rank, keys, labels, sums))
        elif entry["what"] == "returned":
            record.returned[rank] = entry["labels"]
        else:
            told = record.warnings if entry["what"] == "warning" else record.errors
            told.append((entry["stage"], entry["text"]))
    return record


def _coordinates(packed: list[int]) -> tuple[int, int, int, int]:
    key = seedaug.Key.unpack(torch.tensor(packed))
    return key.seed, key.epoch, key.worker, key.index
