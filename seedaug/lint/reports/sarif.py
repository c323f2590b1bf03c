"""The report as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from seedaug.lint.findings import RULES, Finding, Place, Report, Rule
from seedaug.lint.pages import page, remedy
from seedaug.lint.reports.excerpt import Excerpts
from seedaug.lint.reports.json import tool

__all__ = ["as_sarif"]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(report: Report, excerpts: Excerpts) -> str:
    """One run; files that were not read are notifications of it."""
    seen: Counter[str] = Counter()
    notes = [_notification(each.reason, each.path) for each in report.unread]
    notes += [_notification(line) for line in report.warnings]
    run = {
        "tool": {"driver": {**tool(), "rules": [_rule(rule) for rule in RULES.values()]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "results": [_result(finding, excerpts, seen) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary}. {remedy(rule.code)}"},
        "help": {"text": page(rule.code), "markdown": page(rule.code)},
        "defaultConfiguration": {"level": rule.severity.value, "enabled": rule.default},
        "properties": {"tags": ["reproducibility", "pytorch"]},
    }


def _result(finding: Finding, excerpts: Excerpts, seen: Counter[str]) -> dict[str, Any]:
    result = {
        "ruleId": finding.code,
        "ruleIndex": list(RULES).index(finding.code),
        "level": finding.severity.value,
        "message": {"text": _in_cell(finding.message, finding.place, excerpts)},
        "locations": [_location(finding.place, excerpts)],
        "partialFingerprints": {"seedaugFinding/v1": _fingerprint(finding, excerpts, seen)},
    }
    related = [
        {"id": number, **_location(place, excerpts), "message": {"text": remark}}
        for number, (place, remark) in enumerate(finding.related)
    ]
    return {**result, "relatedLocations": related} if related else result


def _in_cell(message: str, place: Place, excerpts: Excerpts) -> str:
    cell = excerpts.cell(place)
    return f"cell {cell[0]}, line {cell[1]}: {message}" if cell else message


def _location(place: Place, excerpts: Excerpts) -> dict[str, Any]:
    """Of a notebook, whose lines are not those of its code, the file's first line."""
    region = {"startLine": 1}
    if not excerpts.cell(place):
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.path)}, "region": region}}


def _uri(path: str) -> str:
    return Path(path).as_uri() if Path(path).is_absolute() else quote(os.fsencode(path))


def _fingerprint(finding: Finding, excerpts: Excerpts, seen: Counter[str]) -> str:
    """The same as long as rule, file and the line's text are, wherever the line moves to."""
    line = (excerpts.line(finding.place) or "").strip()
    text = "\0".join((finding.code, finding.place.path, line))
    seen[text] += 1
    digest = hashlib.sha256(f"{text}\0{seen[text]}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _notification(text: str, path: str = "") -> dict[str, Any]:
    note: dict[str, Any] = {"level": "warning", "message": {"text": text}}
    if path:
        note["message"]["text"] = f"not read: {text}"
        note["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": _uri(path)}}}]
    return note
