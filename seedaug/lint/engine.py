"""The whole run: read and parse the files in processes, link them, apply the rules."""

from __future__ import annotations

from collections.abc import Iterable

from seedaug.lint.context import Context
from seedaug.lint.findings import Finding
from seedaug.lint.project import Project
from seedaug.lint.rules.distributed import check_distributed
from seedaug.lint.rules.drawing import check_draws
from seedaug.lint.rules.sample_seeds import check_sample_seeds
from seedaug.lint.rules.worker_init import check_worker_init
from seedaug.lint.syntax import Module

__all__ = ["check_modules"]

CHECKS = (check_draws, check_sample_seeds, check_worker_init, check_distributed)


def check_modules(modules: Iterable[Module]) -> list[Finding]:
    """All findings in parsed files, of every rule, in the order of their places."""
    context = Context(Project(modules))
    found = {finding for check in CHECKS for finding in check(context)}
    return sorted(found, key=lambda one: (one.place, one.code))
