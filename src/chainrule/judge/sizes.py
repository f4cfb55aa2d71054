"""Sizes for the names of axes: different ones, that leave room for everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import prod
from random import Random

from chainrule.backends.exact import solve
from chainrule.core.expr import Access, Apply, Array, Delta, Expr, Iverson, Shape, SizeValue, Sum, Var
from chainrule.core.index import Affine, Index, Quotient, Remainder
from chainrule.core.size import Size
from chainrule.errors import ShapeError
from chainrule.judge.work import operations

_LARGEST_TENSOR = 600
_SIZE_TRIES = 200
_LARGEST_NAMED = 20
_MOST_WORK = 10_000_000  # in one evaluation


class Room:
    """What the sizes of some expressions must leave room for; `same` are variables of one name each."""

    def __init__(self, nodes: Sequence[Expr], same: Iterable[Sequence[Var]]) -> None:
        self._nodes, self._same = nodes, [list(some) for some in same]

    @cached_property
    def extents(self) -> list[Size]:
        """Every size that must be at least 1."""
        out: dict[Size, None] = {}
        for node in self._nodes:
            out.update(dict.fromkeys(node.shape))
            out.update(dict.fromkeys(i.size for i in _indices(node)))
        return list(out)

    @cached_property
    def names(self) -> list[str]:
        found = {name for s in self.extents for name in s.names}
        for node in self._nodes:
            found |= {name for s in _mentioned(node) for name in s.names}
        return sorted(found)

    @cached_property
    def equations(self) -> list[tuple[Size, Size]]:
        """Sizes that are one, because two shapes were declared for one name."""
        return [
            pair
            for same in self._same
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

    def sizes(self, rng: Random, small: bool, most: int | None = _MOST_WORK) -> dict[str, int] | None:
        """Sizes, different for different names, that leave room for everything; None where none were found.

        None too where large numbers among the sizes make one exact evaluation take more than `most` operations.
        """
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
                long = most is not None and self._long and operations(self._nodes, found) > most
                return None if long else found
        return None

    def grown(self, sizes: Mapping[str, int], names: Iterable[str], by: int) -> dict[str, int] | None:
        """Sizes where some names stand for more, and all that must be one with them too; None without room for it."""
        root = _representatives(self.names, self.equations)
        grown = {root[name] for name in names}
        return self._fitting({name: n + (by if root[name] in grown else 0) for name, n in sizes.items()}, None)

    @cached_property
    def _long(self) -> bool:
        """Whether there are sizes that are large numbers."""
        return any((s.constant or 0) > _LARGEST_NAMED for s in self.extents)

    def _fitting(self, sizes: dict[str, int], largest: int | None) -> dict[str, int] | None:
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

    def _roomy(self, sizes: dict[str, int], largest: int | None) -> bool:
        """Whether nothing is empty or too large, and slices lie within what they cut."""
        try:
            if any(s.evaluate(sizes) < 1 for s in self.extents):
                return False
        except ZeroDivisionError:
            return False
        for shape in self._shapes:
            entries = prod(s.evaluate(sizes) for s in shape) if any(s.names for s in shape) else 0
            if largest is not None and entries > largest:
                return False
        for bounds in self._slices:
            start, stop, length = (s.evaluate(sizes) for s in bounds)
            if not 0 <= start < stop <= length:
                return False
        return True

    @cached_property
    def _shapes(self) -> list[Shape]:
        return list(dict.fromkeys(node.shape for node in self._nodes))

    @cached_property
    def _slices(self) -> list[tuple[Size, Size, Size]]:
        cuts = (n for n in self._nodes if isinstance(n, Apply) and n.op.name == "slice")
        return list(dict.fromkeys((n.params[1], n.params[2], n.args[0].shape[n.params[0]]) for n in cuts))


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
