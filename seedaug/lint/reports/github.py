"""The report as workflow commands: GitHub shows each finding beside the line that it is about."""

from __future__ import annotations

from seedaug.lint.findings import RULES, Finding, Report
from seedaug.lint.pages import remedy
from seedaug.lint.reports.excerpt import Excerpts

__all__ = ["as_github"]


def as_github(report: Report, excerpts: Excerpts) -> str:
    """A command for each finding, each file that was not read, and each warning."""
    lines = [_finding(finding, excerpts) for finding in report.findings]
    lines += [
        _command("notice", f"not read: {each.reason}", file=each.path) for each in report.unread
    ]
    lines += [_command("notice", text) for text in report.warnings]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding, excerpts: Excerpts) -> str:
    place, cell = finding.place, excerpts.cell(finding.place)
    at: dict[str, str | int] = {"file": place.path, "line": 1 if cell else place.line}
    if not cell:
        at["endLine"] = place.end_line
        if place.line == place.end_line:  # columns are for one line only
            at.update(col=place.column, endColumn=place.end_column)
    at["title"] = f"{finding.code} {RULES[finding.code].name}"
    said = [f"cell {cell[0]}, line {cell[1]}: {finding.message}" if cell else finding.message]
    said += [f"note: {excerpts.where(where)}: {remark}" for where, remark in finding.related]
    return _command(finding.severity.value, "\n".join([*said, remedy(finding.code)]), **at)


def _command(level: str, message: str, **properties: str | int) -> str:
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level}{' ' if listed else ''}{listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
