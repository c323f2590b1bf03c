"""`--fix` and `--diff`: remedies carried out in files, or shown."""

from __future__ import annotations

import difflib
import importlib.util
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from seedaug.lint.findings import Finding, Report
from seedaug.lint.settings import UsageError
from seedaug.lint.sources import SourceError, decode, read_bytes

__all__ = ["fix_files"]


Show = Callable[[str], object]
"""Is given each file's diff."""


def fix_files(report: Report, *, show: Show | None = None, quiet: bool = False) -> int:
    """Mend what can be mended, or show how.

    Args:
        report: whose findings with a `Fix` are mended.
        show: where to show unified diffs; then nothing is written.
        quiet: say nothing of what was mended or not.

    Returns:
        how many findings are mended, or would be.

    Raises:
        UsageError: libcst is not installed.
    """
    if importlib.util.find_spec("libcst") is None:
        raise UsageError("--fix and --diff need libcst: pip install 'seedaug[tools]'")
    mended, remarks = 0, []
    for path, findings in _by_file(report):
        done, refused = _fix_file(Path(path), findings, show)
        mended += done
        remarks += refused
    if not quiet:
        for remark in remarks:
            print(f"not mended: {remark}", file=sys.stderr)
        verb = "would mend" if show else "mended"
        print(f"{verb} {mended} of {len(report.findings)} findings", file=sys.stderr)
    return mended


def _by_file(report: Report) -> Iterator[tuple[str, list[Finding]]]:
    files: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.fix is not None:
            files.setdefault(finding.place.path, []).append(finding)
    yield from files.items()


def _fix_file(path: Path, findings: list[Finding], show: Show | None) -> tuple[int, list[str]]:
    """How many findings of a file are mended, and a line for each that is not."""
    from seedaug.lint.rewrite import rewrite

    if path.suffix == ".ipynb":
        return 0, [_remark(finding, "notebooks are not mended") for finding in findings]
    try:
        before = read_bytes(path)
        result = rewrite(before, findings)
        if result.done and show:
            show(_diff(path, before, result.data))
        elif result.done:
            write(path, result.data)
    except (OSError, SourceError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return 0, [_remark(finding, why) for finding in findings]
    return len(result.done), [_remark(finding, why) for finding, why in result.refused]


def _remark(finding: Finding, why: str) -> str:
    return f"{finding.place.path}:{finding.place.line}: {finding.code}: {why}"


def _diff(path: Path, before: bytes, after: bytes) -> str:
    old, new = (decode(data).splitlines(keepends=True) for data in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{path.as_posix()}", f"b/{path.as_posix()}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def write(path: Path, data: bytes) -> None:
    """Put bytes in a file's place, whole or not at all, with its permissions.

    Raises:
        OSError: the file is read-only, or its folder cannot be written to.
    """
    target = Path(os.path.realpath(path))
    mode = stat.S_IMODE(os.stat(target).st_mode)
    if not mode & 0o222 or not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
