"""Lowering a graph of tensors into straight-line NumPy source, one value a node, nodes that are shared named once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from chainrule.backends.plan import ADD, ATOM, MUL, NEG, Code, Program
from chainrule.core.expr import Apply, Array, Const, Expr, Shape, SizeValue, Var
from chainrule.core.graph import below, walk
from chainrule.core.size import ONE, Size
from chainrule.errors import NoRuleError

if TYPE_CHECKING:
    from chainrule.backends.numpy_index import IndexLowering

LONG = 64  # a piece of code longer than this gets a name


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a chain of matrix products.

    kind: "plain", "inverse" (of `code`), "diagonal" (`code` is the vector on it), "ones" (a vector of ones).
    left, right: whether it has an axis on that side; sizes of its two sides, 1 where there is none.
    """

    kind: str
    code: Code
    left: bool
    right: bool
    rows: Size
    cols: Size


@dataclass(frozen=True, slots=True)
class Chain:
    """A product of matrices that waits for the rest of its chain; `scale`: its scalar factors, ("*" or "/", code)."""

    factors: tuple[Factor, ...]
    scale: tuple[tuple[str, Code], ...] = ()


Value: TypeAlias = "Code | Chain"


@dataclass
class Emitter:
    """What is known while a graph is lowered."""

    program: Program = field(default_factory=Program)
    values: dict[Expr, Value] = field(default_factory=dict)
    uses: Counter[Expr] = field(default_factory=Counter)
    users: dict[Expr, list[Expr]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def index(self) -> IndexLowering:
        """The lowering of open nodes."""
        from chainrule.backends.numpy_index import IndexLowering

        return IndexLowering(self)

    def lower(self, roots: Sequence[Expr]) -> list[Code]:
        """Code for each root, at its full shape."""
        nodes = list(walk(*roots))
        for e in nodes:
            for c in set(below(e)):
                self.users.setdefault(c, []).append(e)
            self.uses.update(below(e))
        self.uses.update(roots)
        self._claim_names(nodes)
        for e in nodes:
            if e.free:
                self.index.add(e)
            else:
                self.values[e] = self._finish(e, self._value(e))
        return [self.dense(r) for r in roots]

    def _claim_names(self, nodes: Iterable[Expr]) -> None:
        for e in nodes:
            if isinstance(e, Var) and e.name not in self.variables:
                self.variables[e.name] = self.program.claim(e.name)

    def _value(self, e: Expr) -> Value:
        match e:
            case Var():
                return Code(self.variables[e.name], ATOM, e.shape)
            case Const(value):
                return number(value)
            case SizeValue(s):
                text = self.program.size(s)
                return Code(text, ATOM if text.isidentifier() or text.isdigit() else ADD, (), True)
            case Apply():
                return self._apply(e)
            case Array(indices, body):
                return self.index.array(indices, body)
            case _:
                return self.index.array((), e)

    def _apply(self, e: Apply) -> Value:
        from chainrule.backends.numpy_calls import CALLS, elementwise

        special = CALLS.get(e.op.name)
        if special is not None:
            return special(self, e)
        if e.op.elementwise:
            return elementwise(self, e)
        codes = [self.dense(a) for a in e.args]
        return self.fill(e, codes)

    def fill(self, e: Apply, codes: Sequence[Code], actual: Shape | None = None) -> Code:
        """The primitive's own template filled with code for its arguments."""
        template = e.op.numpy
        if template is None:
            raise NoRuleError(f"nothing says how to compute {e.op.name!r} in generated code")
        if callable(template):
            text = template([c.at(ATOM) for c in codes], e.args, e.params, self.program.size)
        else:
            text = _fill(template, codes, [self.param(p) for p in e.params])
        return Code(text, _binds(text), e.shape if actual is None else actual)

    def param(self, p: object) -> str:
        """Code for a parameter of a primitive."""
        if isinstance(p, Size):
            return self.program.size(p)
        if isinstance(p, tuple):
            inner = [self.param(q) for q in p]
            return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
        return repr(p)

    def _finish(self, e: Expr, value: Value) -> Value:
        """Values that are shared or long get a name."""
        if isinstance(value, Chain):
            if (self.uses[e] < 2 and len(value.factors) < 40) or self.keeps_form(e, value):
                return value
            value = self.render(value)
        if value.trivial or (self.uses[e] < 2 and len(value.text) <= LONG) or re.fullmatch(r"\w+\.T", value.text):
            return value
        return self.program.let(value, "t", self.program.comment(e.shape))

    def keeps_form(self, e: Expr, value: Chain) -> bool:
        """Whether each user should see a shared chain as it is: a lone inverse or diagonal that only multiplies."""
        return (
            len(value.factors) == 1
            and value.factors[0].kind in ("inverse", "diagonal")
            and not value.scale
            and all(isinstance(u, Apply) and u.op.name in ("matmul", "transpose") for u in self.users.get(e, [None]))
        )

    def code(self, e: Expr) -> Code:
        """Code for a node; its value may still have to be stretched to the node's shape."""
        if e not in self.values:  # a number that a rewriting brought in
            self.values[e] = self._value(e)
        value = self.values[e]
        if isinstance(value, Chain):
            value = self.render(value)
            if not value.trivial and (self.uses[e] > 1 or len(value.text) > LONG):
                value = self.program.let(value, "t", self.program.comment(e.shape))
            self.values[e] = value
        return value

    def render(self, chain: Chain) -> Code:
        from chainrule.backends.numpy_products import render

        return render(self, chain)

    def dense(self, e: Expr) -> Code:
        """Code for a node at its full shape."""
        return self.stretch(self.code(e), e.shape)

    def stretch(self, c: Code, shape: Shape) -> Code:
        """The same value at this shape."""
        if c.bool:
            c = Code(f"{c.at(ATOM)}.astype({self.dtype})", ATOM, c.actual)
        if c.actual == shape:
            return c
        full = self.program.shape(shape)
        if not c.actual:
            if c.text in ("0", "1"):
                return Code(f"np.{'zeros' if c.text == '0' else 'ones'}({full}, {self.dtype})", ATOM, shape)
            return Code(f"np.full({full}, {c.text}, {self.dtype})", ATOM, shape)
        return Code(f"np.broadcast_to({c.text}, {full})", ATOM, shape)

    def function(self, fn: Any, order: int) -> str:
        """The name of an opaque function or of a derivative of it: a parameter of the generated function."""
        given = ("", "D", "D2")[order] + fn.name
        if given not in self.functions:
            self.functions[given] = self.program.claim(given)
        return self.functions[given]

    @property
    def dtype(self) -> str:
        return "dtype"


def number(value: Fraction) -> Code:
    """An exact number as a literal, or as a quotient of two."""
    if value.denominator == 1 and abs(value) < 2**53:
        return Code(str(value.numerator), ATOM if value >= 0 else NEG, (), True)
    try:
        text = repr(float(value))
    except OverflowError:
        text = "np.inf" if value > 0 else "-np.inf"
    if len(text) > 8 and value.denominator < 10**6 and abs(value.numerator) < 10**6:
        return Code(f"{value.numerator} / {value.denominator}", MUL, (), True)
    return Code(text, ATOM if value >= 0 else NEG, (), True)


def join(shapes: Iterable[Shape]) -> Shape:
    """The shape that arrays of these shapes have when they meet, aligned at the last axis."""
    out: list[Size] = []
    for shape in shapes:
        out = [ONE] * (len(shape) - len(out)) + out
        for k, n in enumerate(reversed(shape), 1):
            if out[-k] is ONE:
                out[-k] = n
    return tuple(out)


_SLOT = re.compile(r"\{(p?)(\d+)\}|\{args\}|\{p\}")


def _fill(template: str, codes: Sequence[Code], params: Sequence[str]) -> str:
    def put(m: re.Match[str]) -> str:
        if m[0] == "{args}":
            return ", ".join(c.text for c in codes)
        if m[0] == "{p}":
            return params[0] if len(params) == 1 else f"({', '.join(params)})"
        k = int(m[2])
        if m[1]:
            return params[k]
        before, after = template[: m.start()].rstrip(), template[m.end() :].lstrip()
        alone = before[-1:] in ("(", ",", "=", "[") and after[:1] in (")", ",", "]")
        return codes[k].text if alone else codes[k].at(ATOM)

    return _SLOT.sub(put, template)


def _binds(text: str) -> int:
    """ATOM for a name, a call or an index, else the loosest there is."""
    if text[:1] == "-" or not text:
        return 0
    depth = 0
    for k, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and not (c.isalnum() or c in "_.)]"):
            return 0
        if depth == 0 and c == ")" and text[0] == "(" and k < len(text) - 1 and text[k + 1] not in ".[":
            return 0
    return ATOM
