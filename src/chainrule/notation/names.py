"""What a name stands for in a program: a definition, a variable, a size, or the default."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.core.expr import Expr, SizeValue, Var, intern
from chainrule.core.size import Size, size
from chainrule.errors import NameClash, NotDifferentiable, UnknownName
from chainrule.notation.declarations import Declared
from chainrule.notation.source import Source, Span, nearest
from chainrule.notation.syntax import Node, Statement
from chainrule.notation.words import INSTEAD, SIZED_BY_USE, Function, default_ndim, functions, reserved
from chainrule.primitives.opaque import OpaqueFunction

_KINDS = ("scalar", "vector", "matrix")
_EXAMPLES = ("scalar", "n", "m n")


class Scope:
    """The names of one program."""

    def __init__(
        self, source: Source, declared: Declared, statements: list[Statement], new_size: Callable[[], Size]
    ) -> None:
        self.source, self.declared, self.new_size = source, declared, new_size
        self.definitions: dict[str, Expr] = {}
        self.defaults: dict[str, Var] = {}
        self.coming = {s.name: s.span for s in statements if s.name}
        self.sizes: dict[str, None] = dict.fromkeys(declared.sizes)
        for s in statements:
            self._check(s)
        for s in statements:
            self._find_sizes(s.node)

    def _check(self, s: Statement) -> None:
        if not s.name:
            return
        d, taken = self.declared, ""
        if s.name in reserved():
            taken = "a word of the language"
        elif s.name in d.variables:
            taken = "a variable"
        elif s.name in d.functions or self.opaque(s.name):
            taken = "an opaque function"
        elif s.name in d.sizes:
            taken = "a size"
        elif self.coming[s.name] != s.span:
            raise self.source.error(f"{s.name} is defined twice", self.coming[s.name], also=[s.span],
                                    hint="use two names", kind=NameClash)  # fmt: skip
        if taken:
            raise self.source.error(f"{s.name} is {taken}, and cannot be defined", s.span,
                                    hint=f"call it {s.name}1", kind=NameClash)  # fmt: skip

    def _find_sizes(self, root: Node) -> None:
        """Names that stand where a size must stand, as in ones(k), are sizes."""
        stack = [root]
        while stack:
            node = stack.pop()
            stack.extend(node.parts)
            if node.kind in ("sum", "array"):
                stack.extend(letter.extent for letter in node.value if letter.extent is not None)
                for letter in node.value:
                    self._sizes_in(letter.extent)
            if node.kind == "call" and node.value in functions() and node.value not in self.declared.functions:
                kinds = slots(functions()[node.value], len(node.parts))
                for kind, part in zip(kinds, node.parts, strict=False):
                    if kind in ("size", "sizes", "shape"):
                        self._sizes_in(part)

    def _sizes_in(self, root: Node | None) -> None:
        stack = [root] if root is not None else []
        while stack:
            node = stack.pop()
            stack.extend(node.parts)
            if node.kind == "name":
                if node.value in self.declared.variables or node.value in self.coming or node.value in reserved():
                    hint = "a size is a name, a whole number, or + - * // of sizes"
                    raise self.source.error(f"{node.value} is not a size", node.span, hint=hint)
                self.sizes.setdefault(node.value)

    def is_size(self, name: str) -> bool:
        return name in self.sizes and name not in self.coming and name not in self.declared.variables

    def define(self, name: str, value: Expr) -> None:
        self.definitions[name] = value

    def value(self, name: str, span: Span) -> Expr:
        """What a name stands for where an expression is expected."""
        if name in self.definitions:
            return self.definitions[name]
        if name in self.coming:
            raise self.source.error(f"{name} is used before it is defined", span, also=[self.coming[name]],
                                    hint="definitions come first", kind=UnknownName)  # fmt: skip
        if name in self.declared.variables:
            return self.declared.variables[name]
        if name in self.declared.functions:
            raise self.source.error(f"{name} is a function: it needs its argument", span, hint=f"{name}(x)")
        if self.is_size(name):
            return intern(SizeValue, size(name))
        if name in reserved():
            raise self.source.error(f"{name} is a word of the language, and cannot be a name", span,
                                    hint=f"call it {name}1", kind=NameClash)  # fmt: skip
        if name not in self.defaults:
            self.defaults[name] = self._default(name, span)
        return self.defaults[name]

    def _default(self, name: str, span: Span) -> Var:
        ndim = default_ndim(name)
        if ndim is None:
            near = nearest(name, self._known() - set(functions()))
            hint = f"did you mean {near}?" if near else f'declare it: given="{name}: n"'
            hint = INSTEAD.get(name.lower(), hint)
            raise self.source.error(f"unknown name {name}", span, hint=hint, kind=UnknownName)
        return intern(Var, name, tuple(self.new_size() for _ in range(ndim)), frozenset[str](), None)

    def _known(self) -> set[str]:
        d = self.declared
        return {*self.coming, *d.variables, *d.functions, *self.sizes, *functions(), *SIZED_BY_USE, "eye"}

    def opaque(self, name: str) -> tuple[OpaqueFunction, int] | None:
        """The opaque function and the order of its derivative that `J`, `DJ` or `D2J` is."""
        found = self.declared.functions.get(name)
        if found is not None:
            return found, 0
        for order, prefix in ((2, "D2"), (1, "D")):
            found = self.declared.functions.get(name[len(prefix) :]) if name.startswith(prefix) else None
            if found is not None:
                return found, order
        return None

    def function(self, name: str, span: Span) -> Function:
        """The function of the language that a call names."""
        if name == "σ" or name in functions():
            return functions()["sigmoid" if name == "σ" else name]
        if name in self.definitions or name in self.declared.variables or name in self.coming:
            raise self.source.error(f"{name} is not a function", span, hint=f"{name}*(…) for a product")
        if name[:1] == "D" and name[1:2].isdigit() and name[2:] in self.declared.functions:
            raise self.source.error(f"{name}: a third derivative of an opaque function is refused", span,
                                    hint=f"give {name[2:]} a definition", kind=NotDifferentiable)  # fmt: skip
        near = nearest(name, {*functions(), *SIZED_BY_USE, *self.declared.functions})
        declare = f'given="{name}: function(n)" declares an unknown function, "{name}: elementwise" one of numbers'
        if name.lower() in INSTEAD:
            raise self.source.error(f"unknown function {name}", span, hint=INSTEAD[name.lower()], kind=UnknownName)
        hint = f"did you mean {near}?" if near and (len(name) > 1 or near.lower() == name.lower()) else declare
        raise self.source.error(f"unknown function {name}", span, hint=hint, kind=UnknownName)

    def origin(self, value: Expr) -> str:
        """Where the shape of a variable comes from, for messages."""
        if not isinstance(value, Var):
            return ""
        if value.name in self.declared.variables:
            return "   given"
        return f"   not given: {value.name} is a {_KINDS[value.ndim]} by default"


def slots(function: Function, count: int) -> list[str]:
    """The kind of each of `count` arguments."""
    out: list[str] = []
    for position, kind in enumerate(function.kinds):
        rest = len(function.kinds) - position - 1
        out += [kind] * (max(0, count - len(out) - rest) if kind in ("exprs", "axes", "sizes") else 1)
    return out
