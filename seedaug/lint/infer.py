"""What names and expressions stand for: followed through assignments, imports, classes and calls.

It asks only for what a rule wants to know, from there backwards, and remembers the answers. It does
not tell one call of a function from another, nor the order of statements: an expression stands for
everything that may be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from seedaug.lint.call_sites import CallSites
from seedaug.lint.classes import Classes
from seedaug.lint.known import GENERATOR_TYPES
from seedaug.lint.project import CallSite, ClassKey, FunctionKey, Project
from seedaug.lint.results import Results
from seedaug.lint.syntax import (
    MODULE,
    Attribute,
    Call,
    Constant,
    Each,
    Either,
    Expression,
    Function,
    FunctionReference,
    Import,
    Item,
    Items,
    Module,
    Name,
    Parameter,
)
from seedaug.lint.values import (
    ClassValue,
    External,
    FunctionValue,
    Group,
    GroupMethod,
    Instance,
    Literal,
    Made,
    Method,
    ModuleValue,
    Super,
    Typed,
    Value,
)

__all__ = ["Inference"]

Values = tuple[Value, ...]

DEEPEST = 40  # steps from one expression to the next
MOST = 64  # values of one expression


class Inference:
    """Values of expressions of a project.

    Args:
        project: the files.
        counts: whether calls from this function say what a function's parameters are; default,
            all do. What constructors are given counts wherever they are called.
    """

    def __init__(
        self,
        project: Project,
        counts: Callable[[FunctionKey], bool] | None = None,
        indirect: dict[FunctionKey, list[tuple[CallSite, bool]]] | None = None,
    ) -> None:
        self.project = project
        self.classes = Classes(project, self.values)
        self.call_sites = CallSites(self, counts, {} if indirect is None else indirect)
        self._known: dict[tuple[int, FunctionKey], Values] = {}
        self.edges: dict[FunctionKey, list[tuple[FunctionKey, bool]]] = {}  # reach's memory
        self.seed_parameters: dict[FunctionKey, tuple[str, str] | None] = {}  # seeding's
        self._globals: dict[str, list[Function]] = {}
        self._attributes_known: dict[tuple[ClassKey, str], Values] = {}
        self._results = Results(self)
        self._depth = 0

    def values(self, expression: Expression, scope: FunctionKey) -> Values:
        """What an expression in a function may stand for; nothing where that is not known."""
        key = (id(expression), scope)
        known = self._known.get(key)
        if known is not None:
            return known
        if self._depth >= DEEPEST:
            return ()
        self._known[key] = ()  # what leads back to itself adds nothing
        self._depth += 1
        try:
            found = tuple(dict.fromkeys(self._find(expression, scope)))[:MOST]
        finally:
            self._depth -= 1
        self._known[key] = found
        return found

    def _find(self, expression: Expression, scope: FunctionKey) -> Iterable[Value]:
        if isinstance(expression, Name):
            return self._name(expression.id, scope)
        if isinstance(expression, Attribute):
            return self._attributes(expression, scope)
        if isinstance(expression, Call):
            return self._call(expression, scope)
        if isinstance(expression, Constant):
            return (Literal(expression.value),)
        if isinstance(expression, FunctionReference):
            return (self.defined((scope[0], expression.qualname)),)
        if isinstance(expression, Import):
            return self._imported(expression, scope[0])
        if isinstance(expression, Items):
            return (Group(expression.elements, expression.keys, scope),)
        if isinstance(expression, Either):
            return [one for option in expression.options for one in self.values(option, scope)]
        if isinstance(expression, Each):
            return self._results.elements(self.values(expression.value, scope), expression.position)
        if isinstance(expression, Item):
            index = expression.index.value if isinstance(expression.index, Constant) else None
            return self._results.elements(self.values(expression.value, scope), index)
        return ()

    # Names

    def _name(self, name: str, scope: FunctionKey) -> Iterable[Value]:
        path, qualname = scope
        module = self.project.module(path)
        if module is None:
            return ()
        function = module.functions[qualname]
        first = True
        while True:
            is_class = function.qualname in module.classes
            if function.qualname == MODULE:
                found = self.global_name(path, name)
                return found or (External(f"builtins.{name}"),)
            if first or not is_class:
                local = self._local(name, function, path)
                if local is not None:
                    return local
            function = module.functions[function.outer]
            first = False

    def _local(self, name: str, function: Function, path: str) -> list[Value] | None:
        """The values of a name that this function binds; None if it does not."""
        if name in function.globals:
            return None
        found: list[Value] = []
        parameter = next((one for one in function.parameters if one.name == name), None)
        assigned = function.names.get(name)
        if parameter is None and assigned is None:
            return None
        if parameter is not None:
            found += self.parameter((path, function.qualname), parameter)
        for one in assigned or ():
            if not one.changed:
                found += self.values(one.value, (path, function.qualname))
        return found

    def _starred(self, name: str, path: str) -> Values:
        """What star imports bring a name to, through modules that star import each other."""
        seen = {path}
        waiting = self._stars(path)
        while waiting:
            star, source = waiting.pop(0)
            if source is None and star.module in ("numpy.random", "random"):
                return (External(f"{star.module}.{name}"),)
            if source is None or source in seen:
                continue
            seen.add(source)
            found = self._own_name(source, name)
            if found:
                return found
            waiting = self._stars(source) + waiting
        return ()

    def _stars(self, path: str) -> list[tuple[Import, str | None]]:
        """The star imports of a module, and where they lead."""
        module = self.project.module(path)
        found = module.body.star_imports if module else ()
        return [(star, self.project.find(path, star)) for star in found]

    def global_name(self, path: str, name: str) -> Values:
        """What a module's name stands for; nothing if it has no such name."""
        return self._own_name(path, name) or self._starred(name, path)

    def _own_name(self, path: str, name: str) -> Values:
        """What a module itself binds a name to."""
        module = self.project.module(path)
        if module is None:
            return ()
        found = self._local(name, module.body, path)
        for function in self._with_globals(module):
            if name in function.globals:
                for one in function.names.get(name, ()):
                    found = [*(found or ()), *self.values(one.value, (path, function.qualname))]
        return tuple(dict.fromkeys(found or ()))

    def _with_globals(self, module: Module) -> list[Function]:
        """The functions that say `global name`, and so may give module names values."""
        known = self._globals.get(module.path)
        if known is None:
            known = [one for one in module.functions.values() if one.globals]
            self._globals[module.path] = known
        return known

    def defined(self, key: FunctionKey) -> Value:
        """The function or class of a qualified name."""
        module = self.project.module(key[0])
        if module is not None and key[1] in module.classes:
            return ClassValue(key)
        return FunctionValue(key)

    def _imported(self, found: Import, importer: str) -> Iterable[Value]:
        path = self.project.find(importer, found)
        if found.name is None:
            return (External(found.module) if path is None else ModuleValue(path),)
        if path is not None:
            values = self.global_name(path, found.name)
            if values:
                return values
        inner = f"{found.module}.{found.name}" if found.module else found.name
        below = self.project.find(importer, Import(inner, None, found.level))
        if below is not None:
            return (ModuleValue(below),)
        return (External("." * found.level + inner),)

    # Attributes

    def _attributes(self, expression: Attribute, scope: FunctionKey) -> Iterable[Value]:
        found: list[Value] = []
        for value in self.values(expression.value, scope):
            found += self.attribute(value, expression.name, scope)
        return found

    def attribute(self, value: Value, name: str, scope: FunctionKey) -> Iterable[Value]:
        """What `value.name` may stand for."""
        if isinstance(value, External):
            path = f"{value.path}.{name}"
            below = self.project.find(scope[0], Import(path, None, 0)) if scope else None
            return (External(path) if below is None else ModuleValue(below),)
        if isinstance(value, ModuleValue):
            found = self.global_name(value.path, name)
            below = self.project.find(value.path, Import(name, None, 1))
            return found or ((ModuleValue(below),) if below else ())
        if isinstance(value, ClassValue):
            return self._of_class(value.key, name)
        if isinstance(value, Instance):
            return self.of_instance(value.key, name)
        if isinstance(value, Made | Typed):
            return self._stored_in(value, name) or (Method(value, name),)
        if isinstance(value, Group) and name in ("items", "values", "get", "pop", "copy"):
            return (GroupMethod(value, name),)
        if isinstance(value, Super):
            method = self.classes.inherited(value.key, name)
            return (FunctionValue(method, bound=True),) if method else ()
        return ()

    def _stored_in(self, owner: Made | Typed, name: str) -> list[Value]:
        """What code stores in an attribute of a library's object: `cfg.rng = ...`."""
        if owner.path in GENERATOR_TYPES:
            return []
        return [
            value
            for stored, where in self.project.stores.get(name, ())
            if owner in self.values(stored.owner, where)
            for value in self.values(stored.value, where)
        ]

    def _of_class(self, key: ClassKey, name: str) -> Iterable[Value]:
        for one in self.classes.line(key):
            body = self.project.function(one)
            if name in body.names:
                return [
                    value
                    for assigned in body.names[name]
                    for value in self.values(assigned.value, one)
                ]
        return [
            value
            for stored, where in self.classes.stored(key, name)
            for value in self.values(stored.value, where)
        ]

    def of_instance(self, key: ClassKey, name: str) -> Values:
        """What an attribute of an object of a class may be: a method, or what was stored in it."""
        known = self._attributes_known.get((key, name))
        if known is None:
            self._attributes_known[key, name] = ()  # what leads back to itself adds nothing
            known = tuple(dict.fromkeys(self._of_instance(key, name)))[:MOST]
            self._attributes_known[key, name] = known
        return known

    def _of_instance(self, key: ClassKey, name: str) -> Iterable[Value]:
        methods = self.classes.methods(key, name)
        if methods:
            return [value for method in methods for value in self._method(method)]
        found: list[Value] = []
        for stored, where in self.classes.stored(key, name):
            found += self.values(stored.value, where)
        family = self.classes.family(key)
        for one in family:
            body = self.project.function(one)
            for assigned in body.names.get(name, ()):
                found += self.values(assigned.value, one)
            if name in self.project.class_(one).annotated:
                found += self._field(one, name)
        for stored, where in self.project.stores.get(name, ()):
            for value in self.values(stored.owner, where):
                if isinstance(value, Instance | ClassValue) and value.key in family:
                    found += self.values(stored.value, where)
        if not found:
            found += [External(f"{base}.{name}") for base in self.classes.foreign_bases(key)]
        return found

    def _method(self, key: FunctionKey) -> Iterable[Value]:
        function = self.project.function(key)
        for decorator in function.decorators:
            name = _decorator_name(decorator)
            if name in ("property", "cached_property", "lazy_property", "lazyproperty"):
                return [one for result in function.returns for one in self.values(result, key)]
            if name == "staticmethod":
                return (FunctionValue(key),)
        return (FunctionValue(key, bound=True),)

    def _field(self, key: ClassKey, name: str) -> Iterable[Value]:
        """What a dataclass's field is given where objects are made."""
        fields = list(self.project.function(key).names)
        annotated = self.project.class_(key).annotated
        order = [one for one in fields if one in annotated]
        for site in self.call_sites.of_class(key):
            given = site.call.keyword(name)
            position = order.index(name) if name in order else len(site.call.arguments)
            if given is None and position < len(site.call.arguments):
                given = site.call.arguments[position]
            if given is not None:
                yield from self.values(given, site.scope)

    # Calls

    def _call(self, call: Call, scope: FunctionKey) -> Iterable[Value]:
        found: list[Value] = []
        for value in self.values(call.function, scope):
            if isinstance(value, ClassValue):
                found.append(Instance(value.key, call, scope))
            elif isinstance(value, FunctionValue):
                function = self.project.function(value.key)
                for result in function.returns:
                    found += self.values(result, value.key)
            elif isinstance(value, Instance):
                for method in self.classes.methods(value.key, "__call__"):
                    for result in self.project.function(method).returns:
                        found += self.values(result, method)
            elif isinstance(value, External):
                found += self._results.external(value.path, call, scope)
            elif isinstance(value, Method):
                found += self._results.of_method(value, call, scope)
            elif isinstance(value, GroupMethod):
                found += self._results.of_group(value)
        return found

    def class_around(self, scope: FunctionKey) -> ClassKey | None:
        """The class whose method a function is, or stands in."""
        module = self.project.module(scope[0])
        function = module.functions[scope[1]] if module else None
        while module and function and function.qualname != MODULE:
            if function.owner is not None:
                return (scope[0], function.owner)
            function = module.functions[function.outer]
        return None

    # Parameters

    def parameter(self, key: FunctionKey, parameter: Parameter) -> list[Value]:
        """What a parameter may be given: its default, and what calls in the project give it."""
        function = self.project.function(key)
        if function.owner and function.parameters[0] is parameter:
            names = {_decorator_name(one) for one in function.decorators}
            if "classmethod" in names or function.name in ("__new__", "__init_subclass__"):
                return [ClassValue((key[0], function.owner))]
            if "staticmethod" not in names:
                return [Instance((key[0], function.owner))]
        found: list[Value] = []
        if parameter.default is not None:
            found += self.values(parameter.default, (key[0], function.outer))
        for given, scope in self.call_sites.given(key, parameter):
            found += self.values(given, scope)
        if parameter.annotation is not None and not any(
            isinstance(one, Made | External) for one in found
        ):
            for value in self.values(parameter.annotation, (key[0], function.outer)):
                if isinstance(value, External) and value.path in GENERATOR_TYPES:
                    found.append(Typed(value.path))
                elif isinstance(value, ClassValue) and not found:
                    found.append(Instance(value.key))
        return found


def _decorator_name(decorator: Expression) -> str:
    if isinstance(decorator, Call):
        decorator = decorator.function
    if isinstance(decorator, Name):
        return decorator.id
    return decorator.name if isinstance(decorator, Attribute) else ""
