"""The live check of a loader: `seedaug.check_loader`, its report, and what it is made of.

`import seedaug` leaves it out: it is imported when it is first asked for.
"""

import sys
from types import ModuleType
from typing import Any

from seedaug.check.loader import assert_healthy, check_loader
from seedaug.check.progress import Progress
from seedaug.check.report import Report
from seedaug.check.verdict import CheckError, Finding, Severity, UnhealthyLoaderError, Verdict

__all__ = [
    "CheckError",
    "Finding",
    "Progress",
    "Report",
    "Severity",
    "UnhealthyLoaderError",
    "Verdict",
    "assert_healthy",
    "check_loader",
]


class _Module(ModuleType):
    """This module: whoever calls it is told what to call."""

    def __call__(self, *given: Any, **named: Any) -> None:
        raise TypeError("seedaug.check is a module: call seedaug.check_loader(loader)")


sys.modules[__name__].__class__ = _Module
