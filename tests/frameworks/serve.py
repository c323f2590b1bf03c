"""Runs the sessions of one driver: its library is loaded once, and each rank forked from there."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import faulthandler
import gc
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import torch

from .cells import Family, families
from .contract import Record, Resumed, join, judge
from .ranks import free_port, place
from .record import Log, read
from .task import MID, Task, position

LIMIT = 60.0  # seconds for a session
LAST_WORDS = 1.0  # seconds for a rank that hangs, and its workers, to write down where
GRACE = 5.0  # seconds for the other ranks when one has ended badly


def _rank(train: Any, variant: str, task: Task, rank: int, port: int, records: Path) -> None:
    """What a forked rank does; never returns."""
    os.setsid()
    if task.ranks > 1:
        os.environ |= place(rank, task.ranks, port)
    output = os.open(records / f"{rank}.txt", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    log = Log(records / f"{rank}.jsonl", rank, MID if task.kill else None)
    log.listen()
    status = 1
    try:
        train(variant, task, log)
        status = 0
    except BaseException as error:
        traceback.print_exc()
        log.write(what="error", stage=log.stage, text=f"{type(error).__name__}: {error}")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def session(train: Any, variant: str, task: Task, records: Path) -> Record:
    """Run a session of all its ranks to its end; returns what they wrote down."""
    records.mkdir(parents=True)
    port = free_port()
    waiting = {}
    for rank in range(task.ranks):
        pid = os.fork()
        if pid == 0:
            _rank(train, variant, task, rank, port, records)
        waiting[pid] = rank
    hung = _wait(waiting)
    record = join(read(records / f"{rank}.jsonl", rank) for rank in range(task.ranks))
    record.hung = hung and not record.errors
    return record


def _wait(waiting: dict[int, int]) -> bool:
    """Wait for the ranks and end their workers; whether they had to be ended."""
    deadline, pids = time.monotonic() + LIMIT, [*waiting]
    hung = False
    while waiting:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in waiting:
            del waiting[pid]
            if status:
                deadline = min(deadline, time.monotonic() + GRACE)
        elif time.monotonic() > deadline:
            hung = True
            for left in waiting:
                os.killpg(left, signal.SIGUSR1)
            time.sleep(LAST_WORDS)
            for left in waiting:
                os.killpg(left, signal.SIGKILL)
            deadline += LIMIT
        else:
            time.sleep(0.005)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return hung


def run_family(train: Any, family: Family, folder: Path) -> list[dict[str, Any]]:
    """All sessions of a family: the whole run, then from each of its checkpoints."""
    task = dataclasses.replace(family.task, folder=folder / "saved")
    task.folder.mkdir(parents=True)
    whole = session(train, family.variant, task, folder / "whole")
    cells = []
    for stage in family.stages:
        verdict = judge(task.wanted(stage), whole, stage)
        cells.append(family.cell("whole", stage, verdict))
    for course in family.courses[1:]:
        again = dataclasses.replace(task, course=course)
        if course == "killed":
            again = dataclasses.replace(again, folder=folder / "killed-saved")
            again.folder.mkdir()
            dying = dataclasses.replace(again, course="whole", kill=True)
            died = session(train, family.variant, dying, folder / "dying")
            if died.errors:
                cells.append(family.cell(course, "train", judge(task.wanted(), died)))
                continue
        record = session(train, family.variant, again, folder / course)
        resumed = Resumed(record, *position(course))
        cells.append(family.cell(course, "train", judge(task.wanted(), whole, "train", resumed)))
    return cells


def main() -> None:
    """Run what is asked for; a line of JSON for each cell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path, help="leave records and checkpoints here")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    importlib.import_module(".loaded", __package__)
    module = importlib.import_module(f".drivers.{asked.driver}", __package__)
    gc.freeze()  # forked ranks and workers neither search nor copy what was loaded here
    # What ranks that are killed leave behind goes, too.
    tempfile.tempdir = base = tempfile.mkdtemp(prefix="frameworks-")
    for family in families(module.VARIANTS, asked.only):
        folder = (asked.keep or Path(base)) / family.name
        shutil.rmtree(folder, ignore_errors=True)
        began = time.monotonic()
        cells = run_family(module.train, family, folder)
        took = round(time.monotonic() - began, 1)
        with asked.out.open("a") as out:
            for cell in cells:
                out.write(json.dumps(cell | {"seconds": took}) + "\n")
                print(f"{cell['name']:60} {cell['verdict']:12} {cell['why'][:160]}", flush=True)
                if "hung" in cell["why"]:
                    _show_where(folder / cell["course"])
        if asked.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


def _show_where(records: Path) -> None:
    """What the ranks of a session said, and the stacks of those that had to be ended."""
    for said in sorted(records.glob("*.txt")):
        print(f"--- rank {said.stem}:\n{said.read_text()}", flush=True)


if __name__ == "__main__":
    main()
