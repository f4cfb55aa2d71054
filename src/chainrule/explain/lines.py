"""The formulas of a derivation made ready to be read: names for parts, letters for indices, signs in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from chainrule.core.expr import Access, Apply, Expr, Partial, Sum, intern, walk
from chainrule.core.index import Index
from chainrule.explain.lettering import Letters
from chainrule.explain.variation import factors, product
from chainrule.notation.forms import entries
from chainrule.notation.naming import Names, plan, taken_names
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, neg_p, sub_p

if TYPE_CHECKING:
    from chainrule.explain.derivation import Derivation
    from chainrule.explain.step import Step


@dataclass(frozen=True, slots=True)
class Line:
    """A formula of the derivation with the names and letters to print it in."""

    formula: Expr
    names: Names
    letters: Mapping[Index, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A step as it is read: its state and the equations beside it."""

    step: Step
    line: Line
    shown: tuple[tuple[Line, Line], ...]


class Lines:
    """Gives every part one name throughout the derivation, and every index one letter.

    The first line is written in full; what later lines call by a name is called so in all of them.
    """

    def __init__(self, d: Derivation, steps: Sequence[Step] | None = None) -> None:
        self.steps = d.steps if steps is None else tuple(steps)
        self.hints = Names(d.hints or {})
        self.avoid: frozenset[str] = getattr(d.hints, "avoid", frozenset())
        self.names = Names(self.hints)
        self._name_signals()
        start = self.steps[0].before
        formulas = [start, *(f for s in self.steps for f in (s.after, *(e for pair in s.shown for e in pair)))]
        for f in formulas:
            self._name(f)
        self._number(formulas)
        nodes = walk(*formulas)
        self.letters = Letters(taken_names(nodes) | set(self.names.values()))
        own = Names({n: name for n, name in self.hints.items() if n in set(walk(start))})
        self.start = Line(start, own, self.letters.line(start))
        self.letters.keep(d.indices)
        self.rows = [self._row(s) for s in self.steps]

    def _name_signals(self) -> None:
        """δ₁ for the error signal nearest to the input, δ₂ for the next: tensors that a step calls by a name."""
        named = list(dict.fromkeys(s.named for s in self.steps if s.named is not None and s.named not in self.names))
        taken = taken_names(walk(*(s.before for s in self.steps[:1]))) | self.avoid
        for n, tensor in enumerate(reversed(named), 1):
            name = f"delta{n}"
            if name not in taken:
                self.names[tensor] = name

    def _name(self, e: Expr) -> None:
        present = set(walk(e))
        given = Names({n: name for n, name in self.names.items() if n in present})
        given.avoid = self.avoid | {name for n, name in self.names.items() if n not in present}
        self.names.update(plan(e, given, reading=True).names)

    def _number(self, formulas: Sequence[Expr]) -> None:
        """Names that differ by a number alone are numbered from the input on: h₁, h₂, h₃."""
        order = [n for n in walk(*formulas) if n in self.names and n not in self.hints]
        groups: dict[str, list[Expr]] = {}
        for n in order:
            groups.setdefault(self.names[n].rstrip("0123456789"), []).append(n)
        taken = taken_names(walk(*formulas)) | self.avoid | set(self.hints.values())
        for base, nodes in groups.items():
            if len(nodes) > 1 and base != "delta":
                numbered = (name for k in count(1) if (name := f"{base}{k}") not in taken)
                self.names.update(zip(nodes, numbered, strict=False))

    def _row(self, s: Step) -> Row:
        pairs = [tuple(self._shown(e) for e in pair) for pair in s.shown]
        after = self._shown(s.after)
        letters = self.letters.line(after)
        lines = tuple(tuple(Line(e, self._present(e), self.letters.line(*pair)) for e in pair) for pair in pairs)
        return Row(s, Line(after, self._present(after), letters), lines)  # type: ignore[arg-type]

    def _shown(self, e: Expr) -> Expr:
        return readable(e, self.names)

    def _present(self, e: Expr) -> Names:
        present = set(walk(e))
        given = Names({n: name for n, name in self.names.items() if n in present})
        given.avoid = self.avoid | {name for n, name in self.names.items() if n not in present}
        return given

    def definitions(self) -> list[tuple[str, Expr]]:
        """The named parts that lines use, with the parts that their definitions use, in order."""
        used = [n for r in self.rows for n in walk(r.line.formula) if n in self.names]
        needed = {n for n in walk(*used) if n in self.names}
        return [(self.names[n], n) for n in walk(*needed) if n in needed]


def readable(e: Expr, closed: Mapping[Expr, str]) -> Expr:
    """Entries of functions as functions of entries, and signs before sums; equal to `e`."""
    if e.shape:
        return e
    return _signs(_inner(entries(e, closed), closed))


def _inner(e: Expr, closed: Mapping[Expr, str]) -> Expr:
    """The same inside derivatives that are still to be worked out."""
    match e:
        case Partial(of=of, by=by):
            return intern(Partial, readable(of, closed), by)
        case Sum(index=k, body=body):
            return intern(Sum, k, _inner(body, closed))
        case Apply(op=op, args=args, params=params) if op.elementwise and not e.shape and e.free:
            return intern(Apply, op, tuple(_inner(a, closed) for a in args), params)
        case _:
            return e


def _signs(e: Expr) -> Expr:
    match e:
        case Sum(index=k, body=body):
            inner = _signs(body)
            if _negative(inner):
                return neg_p(intern(Sum, k, inner.args[0]))  # type: ignore[attr-defined]
            return e if inner is body else intern(Sum, k, inner)
        case Apply(op=op, args=args) if op in (add_p, sub_p) and not e.shape:
            a, b = map(_signs, args)
            if _negative(b):
                return (sub_p if op is add_p else add_p)(a, b.args[0])  # type: ignore[attr-defined]
            return e if (a, b) == args else op(a, b)
        case Apply(op=op, args=args) if op in (mul_p, div_p) and not e.shape:
            a, b = map(_signs, args)
            sign = _negative(a) is not _negative(b)
            a, b = (x.args[0] if _negative(x) else x for x in (a, b))  # type: ignore[attr-defined]
            done = _scalars_first(op(a, b))
            return neg_p(done) if sign else done
        case Apply(op=op, args=(a,)) if op is neg_p and not e.shape:
            inner = _signs(a)
            return inner.args[0] if _negative(inner) else neg_p(inner)  # type: ignore[attr-defined]
        case _:
            return e


def _scalars_first(e: Expr) -> Expr:
    """β p_i, not p_i β."""
    parts = factors(e)
    return product(sorted(parts, key=lambda f: bool(f.free) or isinstance(f, Sum))) if len(parts) > 1 else e


def _negative(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op is neg_p and not e.shape and not isinstance(e, Access)
