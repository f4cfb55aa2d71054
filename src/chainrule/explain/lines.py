"""The formulas of a derivation made ready to be read: names for parts, letters for indices, signs in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from chainrule.core.expr import DEEP, Access, Apply, Expr, Partial, Sum, Var, intern
from chainrule.core.graph import alike, replace, walk
from chainrule.core.index import Index
from chainrule.explain.lettering import Letters, parts
from chainrule.explain.step import Step, joined
from chainrule.explain.variation import factors, product
from chainrule.notation.forms import entries
from chainrule.notation.naming import Names, name_for, nameable, plan, taken_names
from chainrule.notation.pretty import pretty
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, neg_p, sub_p

if TYPE_CHECKING:
    from chainrule.explain.derivation import Derivation


@dataclass(frozen=True, slots=True)
class Line:
    """A formula of the derivation, its named parts replaced by their names, and the letters to print it in."""

    formula: Expr
    letters: Mapping[Index, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A step as it is read: its state and the equations beside it."""

    step: Step
    line: Line
    shown: tuple[tuple[Line, Line], ...]


class Lines:
    """Gives every part one name throughout the derivation, and every index one letter.

    The first line is written in full; what later lines call by a name is called so in all of them. Named parts are
    replaced by variables before anything is walked or printed, so that a line costs what is seen of it.
    """

    def __init__(self, d: Derivation, steps: Sequence[Step] | None = None) -> None:
        self.steps = d.steps if steps is None else tuple(steps)
        start = self.steps[0].before
        self.taken = taken_names(walk(start)) | getattr(d.hints, "avoid", frozenset())
        self.names: dict[Expr, str] = {}
        self.stand: dict[Expr, Expr] = {}
        self.back: dict[Expr, Expr] = {}
        self.primal = frozenset(walk(d.expression))
        self.inside: dict[Expr, None] = {}  # the named parts, and all that their definitions use
        for n, name in (d.hints or {}).items():
            if nameable(n):
                self._call(n, name)
        given = frozenset(self.names)
        self._name(start)
        early = frozenset(self.names)
        self._name_signals()
        for s in self.steps:
            for f in (s.after, *(e for pair in s.shown for e in pair)):
                self._name(f)
        self._number(start, given)
        self.letters = Letters(self.taken | set(self.names.values()))
        self.start = self._line(replace(start, {n: self.stand[n] for n in early}))
        self.letters.keep(d.indices)
        self.used: dict[Expr, None] = {}
        self.rows = [self._row(s) for s in self.steps]

    # ------------------------------------------------------------ names

    def _call(self, node: Expr, name: str) -> None:
        v = intern(Var, name, node.shape, frozenset[str](), None)
        shown = v.T if node.row else v
        self.inside.update(dict.fromkeys(walk(node, stop=self.inside)))
        self.names[node], self.stand[node], self.back[shown] = name, shown, node

    def _name(self, e: Expr) -> None:
        given = Names()
        given.avoid = frozenset(self.taken | set(self.names.values()))
        for n, name in plan(replace(e, self.stand), given, reading=True).names.items():
            self._call(replace(n, self.back), name)
        for part in parts([e]):  # what a definition uses as well
            if isinstance(part, Access) and part.tensor in self.inside and part.tensor in self.primal:
                if nameable(part.tensor) and part.tensor not in self.names:
                    self._call(part.tensor, name_for(part.tensor, self.taken | set(self.names.values())))

    def _name_signals(self) -> None:
        """δ₁ for the error signal nearest to the input, δ₂ for the next: tensors that a step calls by a name."""
        named = list(dict.fromkeys(s.named for s in self.steps if s.named is not None and s.named not in self.names))
        for n, tensor in enumerate(reversed(named), 1):
            if f"delta{n}" not in self.taken:
                self._call(tensor, f"delta{n}")

    def _number(self, start: Expr, given: frozenset[Expr]) -> None:
        """Names that differ by a number alone are numbered from the input on: h₁, h₂, h₃."""
        groups: dict[str, list[Expr]] = {}
        for n in walk(start, *tuple(self.names)):
            if n in self.names and n not in given:
                groups.setdefault(self.names[n].rstrip("0123456789"), []).append(n)
        taken = self.taken | {self.names[n] for n in given}
        for base, nodes in groups.items():
            if len(nodes) > 1 and base != "delta":
                numbered = (name for k in count(1) if (name := f"{base}{k}") not in taken)
                self.names.update(zip(nodes, numbered, strict=False))
        self.back.clear()
        for n, name in tuple(self.names.items()):
            self._call(n, name)

    # ------------------------------------------------------------ lines

    def _line(self, e: Expr) -> Line:
        return Line(e, self.letters.line(e))

    def _row(self, s: Step) -> Row:
        pairs = [(self._shown(left), self._shown(right)) for left, right in s.shown]
        line = self._line(self._shown(s.after))
        shown = tuple(
            tuple(Line(e, self.letters.line(*pair)) for e in pair) for pair in pairs if pair[0] is not pair[1]
        )
        return Row(s, line, shown)  # type: ignore[arg-type]

    @cached_property
    def read(self) -> list[Row]:
        """The rows that a reader sees and counts: a step that changes nothing to see is one with its neighbour.

        Their steps hold as well as the weakest of those that they are made of.
        """
        out: list[Row] = []
        unseen: list[Step] = []
        last = self.start
        for row in self.rows:
            if row.shown or not _same_to_a_reader(last, row.line) or (row is self.rows[-1] and not out):
                out.append(Row(joined([*unseen, row.step], row.step), row.line, row.shown))
                unseen = []
            else:
                unseen.append(row.step)
            last = row.line
        if unseen:
            end = out.pop()
            out.append(Row(joined([end.step, *unseen], end.step), end.line, end.shown))
        return out

    def _shown(self, e: Expr) -> Expr:
        short = replace(e, self.stand)
        for v in walk(short):
            if v in self.back:
                self.used[self.back[v]] = None
        return readable(short)

    def definitions(self) -> list[tuple[Expr, Expr]]:
        """What lines call by a name, with what the definitions do: the name as a formula, and what it stands for."""
        order = [n for n in walk(self.steps[0].before, *self.used) if n in self.names]
        needed = {n for n in walk(*self.used) if n in self.names}
        out: list[tuple[Expr, Expr]] = []
        for n in order:
            if n in needed:
                inner = {m: v for m, v in self.stand.items() if m is not n}
                out.append((self.stand[n], replace(n, inner)))
        return out


def _same_to_a_reader(one: Line, other: Line) -> bool:
    """Whether two lines are read alike: one formula, or the same signs in the same places."""
    a, b = one.formula, other.formula
    if alike(a, b):
        return True
    if max(a.depth, b.depth) > DEEP:
        return False
    return pretty(a, share=False, letters=one.letters) == pretty(b, share=False, letters=other.letters)


def readable(e: Expr) -> Expr:
    """Entries of functions as functions of entries, and signs before sums; equal to `e`."""
    if e.shape:
        return e
    return _signs(_inner(entries(e, {})))


def _inner(e: Expr) -> Expr:
    """The same inside derivatives that are still to be worked out."""
    match e:
        case Partial(of=of, by=by):
            return intern(Partial, readable(of), by)
        case Sum(index=k, body=body):
            return intern(Sum, k, _inner(body))
        case Apply(op=op, args=args, params=params) if op.elementwise and not e.shape and e.free:
            return intern(Apply, op, tuple(_inner(a) for a in args), params)
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
        case Apply(op=op, args=args) if op is mul_p and not e.shape:
            signed = [_signs(f) for f in factors(e)]
            sign = sum(map(_negative, signed)) % 2
            done = _scalars_first([f.args[0] if _negative(f) else f for f in signed])  # type: ignore[attr-defined]
            return neg_p(done) if sign else done
        case Apply(op=op, args=args) if op is div_p and not e.shape:
            a, b = map(_signs, args)
            sign = _negative(a) is not _negative(b)
            a, b = (x.args[0] if _negative(x) else x for x in (a, b))  # type: ignore[attr-defined]
            return neg_p(op(a, b)) if sign else op(a, b)
        case Apply(op=op, args=(a,)) if op is neg_p and not e.shape:
            inner = _signs(a)
            return inner.args[0] if _negative(inner) else neg_p(inner)  # type: ignore[attr-defined]
        case _:
            return e


def _scalars_first(parts: list[Expr]) -> Expr:
    """β p_i, not p_i β."""
    flat = [f for p in parts for f in factors(p)]
    return product(sorted(flat, key=lambda f: bool(f.free) or isinstance(f, Sum)))


def _negative(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op is neg_p and not e.shape and not isinstance(e, Access)
