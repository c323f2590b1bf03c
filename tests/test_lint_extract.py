"""What the linter keeps of a file's syntax: names, calls, attributes, functions, classes."""

import ast
import textwrap

import pytest

from seedaug.lint.extract import extract
from seedaug.lint.syntax import (
    MODULE,
    Attribute,
    Call,
    Constant,
    Each,
    Either,
    FunctionReference,
    Import,
    Item,
    Items,
    Name,
    Operation,
    walk,
)


def module_of(text):
    return extract(ast.parse(textwrap.dedent(text)), "a.py")


def body_of(text):
    return module_of(text).body


def said(expression):
    """A record as short text: names as they are, calls with what they are given."""
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Constant):
        return repr(expression.value)
    if isinstance(expression, Attribute):
        return f"{said(expression.value)}.{expression.name}"
    if isinstance(expression, Call):
        given = [said(one) for one in expression.arguments]
        given += [f"{word or '**'}={said(one)}" for word, one in expression.keywords]
        return f"{said(expression.function)}({', '.join(given)})"
    if isinstance(expression, Items):
        return "[" + ", ".join(map(said, expression.elements)) + "]"
    if isinstance(expression, Item):
        return f"{said(expression.value)}[{said(expression.index)}]"
    if isinstance(expression, Each):
        at = "" if expression.position is None else f" {expression.position}"
        return f"each{at} of {said(expression.value)}"
    if isinstance(expression, Either):
        return "(" + " or ".join(map(said, expression.options)) + ")"
    if isinstance(expression, Operation):
        return "op(" + ", ".join(map(said, expression.operands)) + ")"
    if isinstance(expression, FunctionReference):
        return f"<{expression.qualname}>"
    assert isinstance(expression, Import)
    return f"import {'.' * expression.level}{expression.module} {expression.name}"


EXPRESSIONS = {
    "name": ("x", "x"),
    "attribute": ("x.y.z", "x.y.z"),
    "number": ("3", "3"),
    "bytes-as-text": ("b'3'", "\"b'3'\""),
    "call": ("f(x, *y, k=1, **z)", "f(x, y, k=1, **=z)"),
    "list": ("[x, 1]", "[x, 1]"),
    "set": ("{x, 1}", "[x, 1]"),
    "dict": ("{'a': x, **y}", "[x, y]"),
    "item": ("x[1]", "x[1]"),
    "item-of-call": ("f()[i]", "f()[i]"),
    "slice": ("x[1:i]", "x[op(1, i)]"),
    "conditional": ("a if c else b", "(a or b)"),
    "or": ("a or b or c", "(a or b or c)"),
    "sum": ("a + b", "(a or b)"),
    "product": ("a * b", "op(a, b)"),
    "negative": ("-a", "op(a)"),
    "comparison": ("a < b < c", "op(a, b, c)"),
    "f-string": ("f'{x}-{y!r}'", "op(op(x), '-', op(y))"),
    "walrus": ("(y := f())", "f()"),
    "lambda": ("lambda x: x", "<<lambda>>"),
    "comprehension": ("[f(x) for x in y]", "[f(x)]"),
    "generator": ("(f(x) for x in y)", "[f(x)]"),
    "dict-comprehension": ("{k: f(k) for k in y}", "[f(k)]"),
    "starred": ("[*x, y]", "[x, y]"),
}


@pytest.mark.parametrize(("text", "record"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expressions(text, record):
    (value,) = body_of(f"value = {text}").names["value"]
    assert said(value.value) == record


TARGETS = {
    "several": ("a = b = f()", {"a": ["f()"], "b": ["f()"]}),
    "again": ("a = 1\na = 2", {"a": ["1", "2"]}),
    "annotated": ("a: int = 1", {"a": ["1"]}),
    "annotated-only": ("a: int", {}),
    "augmented": ("a += f()", {"a": ["op(a, f())"]}),
    "tuple": ("a, b = f(), g()", {"a": ["f()"], "b": ["g()"]}),
    "tuple-of-call": ("a, b = f()", {"a": ["each 0 of f()"], "b": ["each 1 of f()"]}),
    "nested": ("a, (b, c) = x, f()", {"a": ["x"], "b": ["each 0 of f()"], "c": ["each 1 of f()"]}),
    "starred": ("a, *b = f()", {"a": ["each 0 of f()"], "b": ["each 1 of f()"]}),
    "for": ("for a in x: pass", {"a": ["each of x"]}),
    "for-else": ("for a in x: pass\nelse: b = 1", {"a": ["each of x"], "b": ["1"]}),
    "for-pair": (
        "for a, b in x: pass",
        {"a": ["each 0 of each of x"], "b": ["each 1 of each of x"]},
    ),
    "with": ("with f() as a, g() as b: pass", {"a": ["f()"], "b": ["g()"]}),
    "while": ("while f(): a = 1", {"a": ["1"]}),
    "try": (
        "try: a = 1\nexcept E: b = 2\nelse: c = 3\nfinally: d = 4",
        {"a": ["1"], "b": ["2"], "c": ["3"], "d": ["4"]},
    ),
    "match": (
        "match f():\n    case 1: a = 1\n    case X(y=2) if g(): b = 2",
        {"a": ["1"], "b": ["2"]},
    ),
    "walrus": ("if (a := f()): pass", {"a": ["f()"]}),
    "walrus-in-comprehension": ("x = [a := f() for _ in y]", {"a": ["f()"], "x": ["[f()]"]}),
    "append": ("a = []\na.append(f())", {"a": ["[]", "[f()]"]}),
    "insert": ("a = []\na.insert(0, f())", {"a": ["[]", "[f()]"]}),
    "append-to-unknown": ("a.append(f())", {}),
    "item": ("a = {}\na['k'] = f()", {"a": ["[]", "[f()]"]}),
    "import": ("import a.b", {"a": ["import a None"]}),
    "import-as": ("import a.b as c", {"c": ["import a.b None"]}),
    "from": ("from ..a import b as c", {"c": ["import ..a b"]}),
    "def": ("def a(): pass", {"a": ["<a>"]}),
    "async-def": ("async def a(): pass", {"a": ["<a>"]}),
    "class": ("class a: pass", {"a": ["<a>"]}),
}


@pytest.mark.parametrize(("text", "names"), TARGETS.values(), ids=TARGETS)
def test_what_names_stand_for(text, names):
    found = {
        name: [said(one.value) for one in assigned]
        for name, assigned in body_of(text).names.items()
        if name not in ("_", "y")
    }
    assert found == names


CALLS = {
    "nested": ("f(g(h()))", "h() g(h()) f(g(h()))"),
    "decorator": ("@f(1)\ndef a(): pass", "f(1)"),
    "class-decorator": ("@f()\nclass A: pass", "f()"),
    "base": ("class A(f()): pass", "f()"),
    "keyword-of-class": ("class A(metaclass=f()): pass", "f()"),
    "default": ("def a(x=f(), *, y=g()): pass", "f() g()"),
    "annotation": ("a: f()", "f()"),
    "assert": ("assert f(), g()", "f() g()"),
    "raise": ("raise f() from g()", "f() g()"),
    "delete": ("del x[f()]", "f()"),
    "match-subject-and-guard": ("match f():\n    case _ if g(): h()", "f() g() h()"),
    "handler": ("try: f()\nexcept g(): h()", "f() g() h()"),
    "f-string": ("f'{f()}'", "f()"),
    "slice": ("x[f():g()]", "f() g()"),
    "await": ("async def a(): pass\nf(g())", "g() f(g())"),
    "with": ("with f(): g()", "f() g()"),
    "comprehension-condition": ("[f(x) for x in g() if h(x)]", "g() h(x) f(x)"),
    "dict-key": ("{f(): g()}", "f() g()"),
    "comparison": ("f() < g()", "f() g()"),
}


@pytest.mark.parametrize(("text", "calls"), CALLS.values(), ids=CALLS)
def test_every_call_is_noted_where_it_runs(text, calls):
    assert " ".join(said(one) for one in body_of(text).calls) == calls


GUARDS = {
    "if": ("if a.train: f()", {"a", "train"}),
    "else": ("if train: pass\nelse: f()", {"train"}),
    "elif": ("if a: pass\nelif b: f()", {"a", "b"}),
    "nested": ("if a:\n    if b: f()", {"a", "b"}),
    "after": ("if a: pass\nf()", set()),
    "while": ("while a: f()", {"a"}),
    "text": ("if mode == 'val': f()", {"mode", "val"}),
    "conditional": ("x = f() if a else 0", {"a"}),
    "loop": ("for a in b: f()", set()),
}


@pytest.mark.parametrize(("text", "guards"), GUARDS.values(), ids=GUARDS)
def test_calls_know_the_words_they_stand_under(text, guards):
    (call,) = body_of(text).calls
    assert {word for word in call.guards if " " not in word} == guards


STORED = {
    "attribute": ("self.a = f()", [("self", "a", "f()")]),
    "deep": ("self.a.b = 1", [("self.a", "b", "1")]),
    "tuple": ("self.a, b = 1, 2", [("self", "a", "1")]),
    "augmented": ("self.a += 1", [("self", "a", "op(self.a, 1)")]),
    "append": ("self.a.append(f())", [("self", "a", "[f()]")]),
    "appendleft": ("self.a.appendleft(f())", [("self", "a", "[f()]")]),
    "item": ("self.a[i] = f()", [("self", "a", "[f()]")]),
    "loop": ("for self.a in x: pass", [("self", "a", "each of x")]),
    "with": ("with f() as self.a: pass", [("self", "a", "f()")]),
    "annotated": ("self.a: int = 1", [("self", "a", "1")]),
}


@pytest.mark.parametrize(("text", "stored"), STORED.values(), ids=STORED)
def test_what_attributes_are_given(text, stored):
    function = module_of(f"def m(self):\n    {text}").functions["m"]
    assert [(said(one.owner), one.name, said(one.value)) for one in function.stored] == stored
    assert [one.changed for one in function.stored] == ["+=" in text] * len(stored)


def test_functions_by_where_they_stand():
    module = module_of("""
        class A:
            class B:
                def m(self): return lambda: 0
            key = lambda self: 1
        def f():
            def g(): pass
            class C:
                async def m(self): pass
        def f(): pass
    """)
    assert set(module.functions) == {
        *(MODULE, "A", "A.B", "A.B.m", "A.B.m.<lambda>", "A.<lambda>"),
        *("f", "f.g", "f.C", "f.C.m", "f#2"),
    }
    owners = {name: one.owner for name, one in module.functions.items() if one.owner}
    assert owners == {"A.B.m": "A.B", "A.<lambda>": "A", "f.C.m": "f.C"}
    assert module.functions["f.C.m"].outer == "f.C"
    assert module.classes["A.B"].methods == {"m": "A.B.m"}
    assert [said(one.value) for one in module.body.names["f"]] == ["<f>", "<f#2>"]


def test_parameters():
    function = module_of("def f(a, /, b: int, c=1, *d, e, g=h(), **i): pass").functions["f"]
    found = [(one.name, one.kind, one.default and said(one.default)) for one in function.parameters]
    assert found == [
        ("a", "positional", None),
        ("b", "positional", None),
        ("c", "positional", "1"),
        ("d", "*", None),
        ("e", "keyword", None),
        ("g", "keyword", "h()"),
        ("i", "**", None),
    ]
    assert said(function.parameters[1].annotation) == "int"


RETURNS = {
    "return": ("return f()", ["f()"]),
    "several": ("if a: return 1\n    return 2", ["1", "2"]),
    "nothing": ("return", []),
    "yield": ("yield f()", ["[f()]"]),
    "yield-from": ("yield from f()", ["f()"]),
    "yield-nothing": ("yield", []),
}


@pytest.mark.parametrize(("text", "returns"), RETURNS.values(), ids=RETURNS)
def test_what_functions_return(text, returns):
    function = module_of(f"def f():\n    {text}").functions["f"]
    assert [said(one) for one in function.returns] == returns


def test_a_lambda_returns_its_body_and_an_await_what_it_waits_for():
    functions = module_of("f = lambda x: g(x)\nasync def h(): return await g()").functions
    assert [said(one) for one in functions["<lambda>"].returns] == ["g(x)"]
    assert [said(one) for one in functions["h"].returns] == ["g()"]


def test_classes():
    found = module_of("""
        @register("a")
        class A(Base[int], metaclass=M):
            x: int
            y: float = 1.0
            def m(self): pass
    """).classes["A"]
    assert [said(one) for one in found.bases] == ["Base[int]"]
    assert [said(one) for one in found.decorators] == ["register('a')"]
    assert found.annotated == {"x", "y"}


def test_global_and_nonlocal_names_stars_reads_loops_and_items():
    module = module_of("""
        from random import *
        def f(self, x):
            global a
            nonlocal b
            for i, j in x.loops[k]: self.run(self.size)
    """)
    function = module.functions["f"]
    assert function.globals == {"a", "b"}
    assert [said(one) for one in module.body.star_imports] == ["import random *"]
    assert function.reads == {"run", "size"}
    assert [(one.target, said(one.value)) for one in function.loops] == [(("i", "j"), "x.loops[k]")]
    assert [said(one) for one in function.items] == ["x.loops[k]"]


def test_spans_count_from_one_and_in_bytes():
    (call,) = body_of('é = "ü", f(\n  1)\n').calls
    assert call.span == (1, len('é = "ü", '.encode()) + 1, 2, 5)


def test_all_imports_of_a_file():
    text = "import a\ndef f():\n    from b import c\n    class D:\n        from e import *\n"
    assert {said(one) for one in module_of(text).imports} == {
        "import a None",
        "import b c",
        "import e *",
    }


def test_walk_goes_everywhere_but_into_lambdas():
    (value,) = body_of("v = f(a.b, k=[c, d[e]], **(g or h * i)) + (lambda: j)").names["v"]
    names = {one.id for one in walk(value.value) if isinstance(one, Name)}
    assert names == set("facdeghi")


def test_arguments_by_position_or_name():
    (call,) = body_of("f(1, b=2, c=3)").calls
    assert said(call.argument(0, "a")) == "1"
    assert said(call.argument(1, "x", "b")) == "2"
    assert call.argument(1, "x") is None
    assert said(call.keyword("c")) == "3"
