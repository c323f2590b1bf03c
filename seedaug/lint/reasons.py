"""Why a file could not be read or parsed, in one line that says where to look."""

from __future__ import annotations

import re

from seedaug.lint.sources import SourceError

__all__ = ["reason"]

MERGE_MARK = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: |$)", re.MULTILINE)

# What Python 2 wrote on a line that Python 3 refuses, the surest first.
PYTHON_2 = (
    (re.compile(r"^\s*print\b\s*(?![=(.\[:,)]|$)|^.*[:;]\s*print\s+[\"'\w]"), "print statement"),
    (re.compile(r"^\s*print\s*\(.*\)\s*%?.*$"), ""),  # a call: something else is wrong
    (re.compile(r"^\s*exec\s+[^(=.\s]"), "exec statement"),
    (re.compile(r"^\s*except\s+[\w.()\s,]+,\s*\w+\s*:"), "`except A, b:`"),
    (re.compile(r"^\s*raise\s+[\w.]+\s*,"), "`raise A, b`"),
    (re.compile(r"<>"), "`<>`"),
    (re.compile(r"`[^`]+`"), "backticks"),
    (re.compile(r"\b[uU][rR]['\"]"), "`ur` string"),
    (re.compile(r"\b(?:0[xX][\da-fA-F]+|\d+)[lL]\b"), "long integer"),
    (re.compile(r"(?<![\w.])0\d+\b"), "octal number with a leading 0"),
    (re.compile(r"^\s*def\s+\w+\s*\(.*\(.*\).*\)\s*:|\blambda\s*\("), "parameter in brackets"),
)


def reason(error: BaseException, text: str = "") -> str:
    """Why reading or parsing a file ended with this error.

    Args:
        error: what was raised: SourceError, OSError, SyntaxError, RecursionError, MemoryError or
            another ValueError.
        text: of the file, where it could be read: merge conflict marks are looked for there.
    """
    if isinstance(error, SourceError):
        return str(error)
    if isinstance(error, SyntaxError):
        return _syntax(error, text)
    if isinstance(error, (RecursionError, MemoryError)):
        return "nested too deeply for Python's parser"
    if isinstance(error, OSError):
        return f"it cannot be read: {error.strerror or type(error).__name__}"
    return _one_line(f"it cannot be parsed: {error}")


def _syntax(error: SyntaxError, text: str) -> str:
    at = error.lineno or 0
    mark = MERGE_MARK.search(text) or MERGE_MARK.search(error.text or "")
    if mark:
        line = text.count("\n", 0, mark.start()) + 1 if text else at
        return f"merge conflict marks on line {line}"
    if "nested parentheses" in error.msg or "too many levels of indentation" in error.msg:
        return f"nested too deeply for Python's parser, line {at}"
    if "null bytes" in error.msg:
        return "it has null bytes, so it is not source code"
    where = f" on line {at}" if at else ""
    if isinstance(error, TabError):
        return f"tabs and spaces are mixed in the indentation{where} (Python 2 let that pass)"
    old = _python_2(_line(error, text), error.msg)
    if old:
        return f"Python 2 source: {old}{where}"
    return _one_line(f"{type(error).__name__}: {error.msg}{where}")


def _line(error: SyntaxError, text: str) -> str:
    lines, at = text.split("\n"), error.lineno or 0
    return lines[at - 1] if text and 0 < at <= len(lines) else error.text or ""


def _python_2(line: str, message: str) -> str:
    for call in ("print", "exec"):
        if f"in call to '{call}'" in message:
            return f"{call} statement"
    code = re.sub(r"#.*", "", line[:300])
    for pattern, name in PYTHON_2:
        if pattern.search(code):
            return name
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
