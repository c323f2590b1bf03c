"""The formats that a report is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from seedaug.lint.findings import RULES, Report
from seedaug.lint.reports.excerpt import Excerpts
from seedaug.lint.reports.github import as_github
from seedaug.lint.reports.json import as_json
from seedaug.lint.reports.sarif import as_sarif
from seedaug.lint.reports.text import as_text

__all__ = ["FORMATS", "Excerpts", "as_text", "statistics", "summary"]

FORMATS: dict[str, Callable[[Report, Excerpts], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}


def summary(report: Report) -> str:
    """What was found, in one line."""
    errors = sum(finding.severity.value == "error" for finding in report.findings)
    counts = [(errors, "error"), (len(report.findings) - errors, "warning")]
    found = " and ".join(counted(n, word) for n, word in counts if n) or "nothing found"
    said = f"{found} in {counted(report.files, 'file')}"
    if report.unread:
        said += f"; not read: {counted(len(report.unread), 'file')}"
    fixable = sum(finding.fix is not None for finding in report.findings)
    if fixable:
        said += f"; --fix can mend {fixable}"
    return said


def counted(number: int, word: str) -> str:
    """A number with its noun."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def statistics(report: Report) -> str:
    """How many findings each rule has, a line for each, the most first; "" without findings."""
    counts = Counter(finding.code for finding in report.findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    width = max((len(str(n)) for _, n in rows), default=0)
    return "".join(f"{n:{width}}  {code}  {RULES[code].name}\n" for code, n in rows)
