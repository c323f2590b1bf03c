"""Leaves out of the collection what needs a framework that isn't installed."""

import ast
from importlib.util import find_spec
from pathlib import Path

_HERE = Path(__file__).parent


def _missing(module: Path) -> bool:
    """Whether a module imports, at its top, something that isn't there."""
    imported = set()
    for line in ast.parse(module.read_text()).body:
        if isinstance(line, ast.Import):
            imported |= {name.name.partition(".")[0] for name in line.names}
        elif isinstance(line, ast.ImportFrom) and line.module and not line.level:
            imported.add(line.module.partition(".")[0])
    return any(find_spec(name) is None for name in imported)


collect_ignore = [str(path) for path in _HERE.glob("seedaug/integrations/*.py") if _missing(path)]
