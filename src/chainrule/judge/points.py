"""Points at which expressions are compared: sizes, exact values that obey the facts, and functions for opaque names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from random import Random
from typing import Any

import numpy as np
from flint import arb

from chainrule.backends.exact import solve
from chainrule.backends.interpreter import Arr, Interpreter, Model, arr
from chainrule.core.expr import Access, Apply, Array, Delta, Expr, Iverson, Shape, SizeValue, Sum, Var
from chainrule.core.graph import walk
from chainrule.core.index import Affine, Index, Quotient, Remainder
from chainrule.core.size import Size
from chainrule.errors import ShapeError
from chainrule.judge.conditions import Condition, conditions
from chainrule.judge.models import RandomFunction, generator
from chainrule.judge.values import Mode, draw

# How the values of a point are drawn: at several scales, with both signs or one, and mildly where a domain is narrow.
GENERIC = (
    Mode("1"),
    Mode("1/8"),
    Mode("1", positive=True),
    Mode("8"),
    Mode("1/2", tame=True),
    Mode("1000"),
    Mode("10000"),
    Mode("1/8", positive=True),
    Mode("100", positive=True),
    Mode("1/8", tame=True),
)
SIMPLE = (Mode("1"), Mode("1", positive=True), Mode("1/2", tame=True), Mode("1/8"), Mode("8"))
SMALL = (
    Mode("1", whole=True),
    Mode("1", whole=True, positive=True),
    Mode("10", whole=True),
    Mode("1000", whole=True),
    Mode("10000", whole=True),
    Mode("1/10", whole=True),
    *SIMPLE,
)

_LARGEST_TENSOR = 600
_SIZE_TRIES = 200
_LARGEST_NAMED = 20
_MOST_WORK = 10_000_000  # numbers in one evaluation


@dataclass(frozen=True)
class Point:
    """Sizes, values by name, and functions."""

    sizes: Mapping[str, int]
    values: Mapping[str, Arr]
    functions: Mapping[str, Model]

    def interpreter(self, problem: Problem, more: Mapping[Expr, Arr] | None = None, balls: bool = False) -> Interpreter:
        """Evaluates the expressions of a problem here; with `balls`, which are quicker, not exactly."""
        given: dict[Expr, Arr] = {v: self.values[v.name] for v in problem.variables if v.name in self.values}
        if balls:
            given = {v: a if v in problem.whole else arr(_balls(a)) for v, a in given.items()}
        return Interpreter({**given, **(more or {})}, self.sizes, self.functions)


_balls = np.frompyfunc(arb, 1, 1)


class Problem:
    """What must be chosen to evaluate some expressions together; a name stands for one variable in all of them."""

    def __init__(self, *roots: Expr, known: Iterable[Expr] = ()) -> None:
        """Nodes in `known` are given values from outside: what is below them is not looked at."""
        self.nodes = _walk_to(roots, frozenset(known))
        self.variables = [n for n in self.nodes if isinstance(n, Var)]
        self.seed = " ".join(sorted({f"{v.name}:{v.shape}" for v in self.variables})) + f" {len(self.nodes)}"

    @cached_property
    def by_name(self) -> dict[str, list[Var]]:
        out: dict[str, list[Var]] = {}
        for v in self.variables:
            out.setdefault(v.name, []).append(v)
        return out

    @cached_property
    def whole(self) -> frozenset[Expr]:
        """The variables that hold whole numbers."""
        return frozenset(v for v in self.variables if v.index_size is not None)

    @cached_property
    def conditions(self) -> list[Condition]:
        """What branches depend on."""
        return conditions(self.nodes)

    @cached_property
    def extents(self) -> list[Size]:
        """Every size that must be at least 1."""
        out: dict[Size, None] = {}
        for node in self.nodes:
            out.update(dict.fromkeys(node.shape))
            out.update(dict.fromkeys(i.size for i in _indices(node)))
        return list(out)

    @cached_property
    def names(self) -> list[str]:
        found = {name for s in self.extents for name in s.names}
        for node in self.nodes:
            found |= {name for s in _mentioned(node) for name in s.names}
        return sorted(found)

    @cached_property
    def equations(self) -> list[tuple[Size, Size]]:
        """Sizes that are one, because two shapes were declared for one name."""
        return [
            pair
            for same in self.by_name.values()
            for other in same[1:]
            for pair in zip(same[0].shape, other.shape, strict=False)
            if pair[0] is not pair[1]
        ]

    def may_be_one(self, a: Size, b: Size) -> bool:
        """Whether two sizes are one, or are arithmetic of which it is not known."""
        if a is b:
            return True
        m, n = _name(a), _name(b)
        root = _representatives({*self.names, *a.names, *b.names}, self.equations)
        return root[m] == root[n] if m and n else bool(self.equations) and not (a.names == b.names == frozenset())

    def sizes(self, rng: Random, small: bool) -> dict[str, int] | None:
        """Sizes, different for different names, that leave room for everything; None where none were found."""
        names, free = self.names, _representatives(self.names, self.equations)
        for attempt in range(_SIZE_TRIES):
            spread = max(len(set(free.values())) + (0 if small else 2), 2) + attempt // 20
            pool = list(range(2, 2 + spread))
            rng.shuffle(pool)
            chosen: dict[str, int] = {}
            values = iter(pool + pool)
            for name in names:
                root = free[name]
                if root not in chosen:
                    chosen[root] = next(values)
            found = self._fitting({name: chosen[free[name]] for name in names}, _LARGEST_TENSOR << attempt // 25)
            if found is not None:
                return None if self._long and self.work(found) > _MOST_WORK else found
        return None

    @cached_property
    def _long(self) -> bool:
        """Whether there are sizes that are large numbers."""
        return any((s.constant or 0) > _LARGEST_NAMED for s in self.extents)

    def _fitting(self, sizes: dict[str, int], largest: int) -> dict[str, int] | None:
        fixed = [(a, b) for a, b in self.equations if not (_name(a) and _name(b))]
        if fixed:
            known = {k: v for k, v in sizes.items() if not any(_name(s) == k for pair in fixed for s in pair)}
            try:
                for a, b in fixed:
                    if b.names <= known.keys():
                        known = solve([(a, b.evaluate(known), "")], known)
                    elif a.names <= known.keys():
                        known = solve([(b, a.evaluate(known), "")], known)
            except ShapeError:
                return None
            if any(not (a.names | b.names <= known.keys()) for a, b in fixed):
                return None
            sizes = {**sizes, **known}
            if any(a.evaluate(sizes) != b.evaluate(sizes) for a, b in fixed):
                return None
        return sizes if self._roomy(sizes, largest) else None

    def _roomy(self, sizes: dict[str, int], largest: int) -> bool:
        """Whether nothing is empty or too large, and slices lie within what they cut."""
        try:
            if any(s.evaluate(sizes) < 1 for s in self.extents):
                return False
        except ZeroDivisionError:
            return False
        for shape in self._shapes:
            if any(s.names for s in shape) and prod(s.evaluate(sizes) for s in shape) > largest:
                return False
        for bounds in self._slices:
            start, stop, length = (s.evaluate(sizes) for s in bounds)
            if not 0 <= start < stop <= length:
                return False
        return True

    @cached_property
    def _shapes(self) -> list[Shape]:
        return list(dict.fromkeys(node.shape for node in self.nodes))

    @cached_property
    def _slices(self) -> list[tuple[Size, Size, Size]]:
        cuts = (n for n in self.nodes if isinstance(n, Apply) and n.op.name == "slice")
        return list(dict.fromkeys((n.params[1], n.params[2], n.args[0].shape[n.params[0]]) for n in cuts))

    def work(self, sizes: Mapping[str, int]) -> int:
        """About how many numbers are worked out in one evaluation: the entries of all nodes."""
        total = 0
        for node in self.nodes:
            lengths = (s.evaluate(sizes) for s in (*node.shape, *(i.size for i in node.free)))
            total += prod(max(n, 1) for n in lengths)
        return total

    def point(
        self,
        attempt: int,
        modes: tuple[Mode, ...] = GENERIC,
        small: bool = False,
        sizes: Mapping[str, int] | None = None,
    ) -> Point | None:
        """The point of this number: the same one every time; of the given sizes, or of some."""
        rng = generator(f"{self.seed} {attempt} {small}")
        if sizes is None:
            sizes = self.sizes(rng, small)
        if sizes is None:
            return None
        values: dict[str, Arr] = {}
        for name in sorted(self.by_name):
            same = self.by_name[name]
            shape = tuple(s.evaluate(sizes) for s in same[0].shape)
            props = frozenset[str]().union(*(v.props for v in same))
            limit = same[0].index_size
            # later points mix the scales: a small variable beside a large one
            mode = modes[attempt] if attempt < len(modes) else rng.choice(modes)
            values[name] = draw(rng, shape, props, mode, limit.evaluate(sizes) if limit is not None else None)
        return Point(sizes, values, self.functions(sizes))

    def functions(self, sizes: Mapping[str, int]) -> dict[str, Model]:
        """Generic functions for the opaque ones."""
        out: dict[str, Model] = {}
        for node in self.nodes:
            if isinstance(node, Apply) and node.op.name.startswith("opaque"):
                fn: Any = node.params[0]
                if fn.name not in out:
                    shape = tuple(s.evaluate(sizes) for s in fn.out)
                    out[fn.name] = RandomFunction(fn.name, shape, fn.elementwise)
        return out


def _walk_to(roots: tuple[Expr, ...], known: frozenset[Expr]) -> list[Expr]:
    if not known:
        return list(walk(*roots))
    from chainrule.core.graph import below

    seen: set[Expr] = set()
    out: list[Expr] = []
    stack = list(reversed(roots))
    while stack:
        e = stack.pop()
        if e in seen:
            continue
        seen.add(e)
        out.append(e)
        if e not in known:
            stack.extend(reversed(below(e)))
    return out


def _indices(e: Expr) -> Iterable[Index]:
    match e:
        case Sum(index=i):
            return (i,)
        case Array(indices=ix):
            return ix
        case Access() | Delta() | Iverson():
            return e.free
        case _:
            return ()


def _mentioned(e: Expr) -> Iterable[Size]:
    match e:
        case SizeValue(size=s):
            yield s
        case Apply(params=params):
            yield from (p for p in params if isinstance(p, Size))
        case Access(subs=subs):
            for s in subs:
                yield from _in_subscript(s)
        case Delta(left=a, right=b):
            yield from _in_subscript(a)
            yield from _in_subscript(b)
        case Iverson(value=a):
            yield from _in_subscript(a)
        case Var(index_size=s) if s is not None:
            yield s
        case _:
            pass


def _in_subscript(s: Affine) -> Iterable[Size]:
    yield s.constant
    for atom, c in s.terms:
        yield c
        if isinstance(atom, (Quotient, Remainder)):
            yield atom.divisor
            yield from _in_subscript(atom.value)


def _name(s: Size) -> str | None:
    names = s.names
    return str(s) if len(names) == 1 and str(s) in names else None


def _representatives(names: Iterable[str], equations: Iterable[tuple[Size, Size]]) -> dict[str, str]:
    root = {name: name for name in names}
    for a, b in equations:
        m, n = _name(a), _name(b)
        if m and n:
            old, new = root[n], root[m]
            root = {k: new if r == old else r for k, r in root.items()}
    return root
