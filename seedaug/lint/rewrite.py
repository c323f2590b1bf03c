"""Source code with remedies carried out: comments, layout, encoding and newlines stay."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from seedaug.lint.findings import Finding, Place

__all__ = ["Rewritten", "rewrite"]


class Refusal(Exception):
    """Why a remedy cannot be carried out."""


@dataclass
class Rewritten:
    """A file after the remedies.

    Args:
        data: its bytes.
        done: the findings that are mended.
        refused: those that are not, and why.
    """

    data: bytes
    done: list[Finding] = field(default_factory=list)
    refused: list[tuple[Finding, str]] = field(default_factory=list)


def rewrite(data: bytes, findings: Sequence[Finding]) -> Rewritten:
    """Carry out the remedies of one file's findings.

    What comes out parses, or `data` comes back as it was.
    """
    result = Rewritten(data)
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        file = _File(MetadataWrapper(cst.parse_module(data)))
    except (cst.ParserSyntaxError, RecursionError, UnicodeDecodeError) as error:
        return _refuse_all(
            result, findings, f"libcst cannot parse the file ({type(error).__name__})"
        )
    for finding in findings:
        try:
            file.mend(finding)
            result.done.append(finding)
        except Refusal as why:
            result.refused.append((finding, str(why)))
    if not result.done:
        return result
    changed = file.changed().bytes
    result.data = changed if not bom or changed.startswith(bom) else bom + changed
    try:
        ast.parse(result.data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        done, result.data, result.done = result.done, data, []
        return _refuse_all(result, done, "the file would not parse afterwards")
    return result


def _refuse_all(result: Rewritten, findings: Iterable[Finding], why: str) -> Rewritten:
    result.refused += [(finding, why) for finding in findings]
    return result


class _File:
    """A parsed file, and the nodes that will be replaced in it."""

    def __init__(self, wrapper: MetadataWrapper) -> None:
        self.module = wrapper.module
        self.positions = wrapper.resolve(PositionProvider)
        self.parents = wrapper.resolve(ParentNodeProvider)
        self.torch = _torch_name(self.module)
        self.seeds: set[cst.CSTNode] = set()  # calls
        self.epochs: dict[cst.CSTNode, list[str]] = {}  # loops, and statements to put first

    def mend(self, finding: Finding) -> None:
        if finding.fix is None:
            raise Refusal("it has no remedy that can be carried out")
        if finding.fix.name == "torch-seed":
            self._torch_seed(finding.place)
        elif finding.fix.name == "set-epoch" and finding.fix.place is not None:
            self._set_epoch(finding.fix.place, finding.fix.sampler, finding.fix.epoch)
        else:
            raise Refusal(f"there is no remedy {finding.fix.name!r}")

    def changed(self) -> cst.Module:
        module = self.module.visit(_Replacer(self))
        if self.seeds and self.torch is None:
            context = CodemodContext()
            AddImportsVisitor.add_needed_import(context, "torch")
            module = AddImportsVisitor(context).transform_module(module)
        return module

    def _torch_seed(self, place: Place) -> None:
        call = self._call_at(place)
        if not call.args or call.args[0].star:
            raise Refusal("the call has no first argument to replace")
        shadowed = self.torch or "torch"
        if any(shadowed in _parameters(f) for f in self._above(call)):
            raise Refusal(f"`{shadowed}` is a parameter there")
        self.seeds.add(call)

    def _set_epoch(self, place: Place, sampler: str, epoch: str) -> None:
        loop = self._loop_at(place)
        if not isinstance(loop.body, cst.IndentedBlock):
            raise Refusal("the loop is on one line")
        if f"{sampler}.set_epoch(" in self.module.code_for_node(loop.body):
            raise Refusal("the loop sets the epoch already")
        statement = f"{sampler}.set_epoch({epoch})"
        if not self._is_always_distributed(sampler, loop):
            statement = f'if hasattr({sampler}, "set_epoch"):\n    {statement}'
        self.epochs.setdefault(loop, []).append(statement)

    def _is_always_distributed(self, sampler: str, loop: cst.CSTNode) -> bool:
        """Whether one assignment makes it, unconditionally as seen from the loop."""
        search = _Assignments(sampler)
        self.module.visit(search)
        branches = [b for b in self._above(loop) if isinstance(b, (cst.If, cst.Try, cst.IfExp))]
        conditional = [
            any(
                isinstance(above, (cst.If, cst.Else, cst.Try, cst.ExceptHandler))
                and above not in branches
                for above in self._above(value)
            )
            for value in search.values
        ]
        if len(conditional) == 1 and conditional[0]:
            raise Refusal(f"`{sampler}` is made under a condition")
        return len(conditional) == 1 and _makes_sampler(search.values[0])

    def _above(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        found = []
        while (parent := self.parents.get(node)) is not None:
            found.append(parent)
            node = parent
        return found

    def _call_at(self, place: Place) -> cst.Call:
        for node, where in self.positions.items():
            start = where.start
            if isinstance(node, cst.Call) and (start.line, start.column + 1) == (
                place.line,
                place.column,
            ):
                end = where.end
                if (end.line, end.column + 1) == (place.end_line, place.end_column):
                    return node
        raise Refusal("the call is not there any more")

    def _loop_at(self, place: Place) -> cst.For:
        for node, where in self.positions.items():
            if isinstance(node, cst.For) and where.start.line == place.line:
                return node
        raise Refusal("the loop is not there any more")


class _Assignments(cst.CSTVisitor):
    """Collects the values that are assigned to an expression."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.values: list[cst.CSTNode] = []

    def visit_Assign(self, node: cst.Assign) -> None:
        if any(_written(each.target) == self.target for each in node.targets):
            self.values.append(node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None and _written(node.target) == self.target:
            self.values.append(node.value)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        if _written(node.target) == self.target:
            self.values.append(node.value)


class _Replacer(cst.CSTTransformer):
    """Carries out what a file has noted."""

    def __init__(self, file: _File) -> None:
        self.file = file
        self.seed = cst.parse_expression(f"{file.torch or 'torch'}.initial_seed() % 2**32")

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if original_node not in self.file.seeds:
            return updated_node
        first, *others = updated_node.args
        return updated_node.with_changes(args=[first.with_changes(value=self.seed), *others])

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        first = [
            cst.parse_statement(text, self.file.module.config_for_parsing)
            for text in self.file.epochs.get(original_node, [])
        ]
        if not first:
            return updated_node
        body = cst.ensure_type(updated_node.body, cst.IndentedBlock)
        return updated_node.with_changes(body=body.with_changes(body=[*first, *body.body]))


def _written(node: cst.CSTNode) -> str:
    return cst.Module(()).code_for_node(node)


def _makes_sampler(value: cst.CSTNode) -> bool:
    return isinstance(value, cst.Call) and _written(value.func).endswith("DistributedSampler")


def _parameters(node: cst.CSTNode) -> set[str]:
    if not isinstance(node, (cst.FunctionDef, cst.Lambda)):
        return set()
    found = node.params
    listed = [*found.params, *found.kwonly_params, *found.posonly_params]
    return {each.name.value for each in listed}


def _torch_name(module: cst.Module) -> str | None:
    """What torch is called in the module, None if it does not import it at its top."""
    for statement in module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for part in statement.body:
            for name in part.names if isinstance(part, cst.Import) else ():
                full = _written(name.name)
                if name.asname is None and full.split(".")[0] == "torch":
                    return "torch"
                if name.asname is not None and full == "torch":
                    return _written(name.asname.name)
    return None
