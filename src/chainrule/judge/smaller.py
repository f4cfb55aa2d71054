"""The same expressions at small sizes: large literal sizes become names, for which small numbers can be chosen.

Equal numbers get one name, also where they are values. A number that follows from others by arithmetic, as the 24 of a
convolution of 28 by 5, becomes that arithmetic; numbers that are tied to others in other ways stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from chainrule.backends.bounds import extent, inside
from chainrule.core.expr import Access, Apply, Array, Delta, Expr, Iverson, SizeValue, Sum, Var, intern
from chainrule.core.graph import below, rebuild, walk
from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder, affine, fresh, lookup
from chainrule.core.size import ZERO, FloorDiv, Size, inferring, size
from chainrule.errors import ShapeError
from chainrule.judge.work import operations
from chainrule.primitives.opaque import OpaqueFunction

_SMALL = 8  # sizes up to this stay as they are
_LIGHT, _LITTLE_WORK = 4000, 40_000  # entries and operations up to which expressions are looked at as they are
_NAMED = 3  # in this count, the length of an axis with a name


def smaller(roots: Sequence[Expr]) -> list[Expr] | None:
    """The expressions with names for their large sizes; None where there are none, or none that may change.

    Examples:
        >>> from chainrule.primitives.variables import matrix, vector
        >>> A, x = matrix("A", 3000, 3000), vector("x", 3000)
        >>> smaller([A @ x])[0].shape[0].evaluate({"3000": 2})
        2
        >>> smaller([vector("x", 4) * 2]) is None
        True
    """
    nodes = list(walk(*roots))
    found = {n for e in nodes for s in _sizes(e) for n in _numbers(s)}
    if not found or _light(nodes):
        return None
    known: dict[int, Size] = {n: size(str(n)) for n in sorted(found)}
    for _ in range(2 * len(found)):
        renaming = _Renaming(known)
        out = renaming.of(nodes, roots)
        if out is not None:
            return out
        if renaming.follows is not None:
            known = _with(known, *renaming.follows)
        elif renaming.tied:
            known = _with(known, *((str(n), size(n)) for n in sorted(renaming.tied)))
        else:
            return None
        if not any(s.names for s in known.values()):
            return None
    return None


def _with(known: dict[int, Size], *more: tuple[str, Size]) -> dict[int, Size]:
    values = dict(more)
    return {n: s.substitute(values) for n, s in known.items()}


def _light(nodes: Sequence[Expr]) -> bool:
    """Whether it takes little to look at expressions as they are."""
    total = 0
    for e in nodes:
        lengths = [s.evaluate(dict.fromkeys(s.names, _NAMED)) for s in (*e.shape, *(i.size for i in e.free))]
        total += prod(max(n, 1) for n in lengths)
        if total > _LIGHT:
            return False
    named = dict.fromkeys(
        {name for e in nodes for s in (*e.shape, *(i.size for i in e.free)) for name in s.names}, _NAMED
    )
    return operations(nodes, named) <= _LITTLE_WORK


def _numbers(s: Size) -> set[int]:
    """The large numbers in a size."""
    out: set[int] = set()
    for mono, c in s.terms:
        if abs(c) > _SMALL:
            out.add(abs(c))
        for atom in mono:
            if isinstance(atom, FloorDiv):
                out |= _numbers(atom.numerator) | _numbers(atom.denominator)
    return out


def _before(s: Size) -> Size:
    """What a size was before names were put in."""
    return s.substitute({n: size(int(n)) for n in s.names if n.isdigit()})


def _sizes(e: Expr) -> Iterable[Size]:
    match e:
        case Var(index_size=s):
            yield from (*e.shape, *((s,) if s is not None else ()))
        case SizeValue(size=s):
            yield s
        case Apply(params=params):
            yield from _in_params(params)
        case Array(indices=indices):
            yield from (i.size for i in indices)
        case Sum(index=i):
            yield i.size
        case _:
            yield from (i.size for i in e.free)


def _in_params(params: Any) -> Iterable[Size]:
    if isinstance(params, Size):
        yield params
    elif isinstance(params, tuple):
        for p in params:  # type: ignore[reportUnknownVariableType]
            yield from _in_params(p)
    elif isinstance(params, OpaqueFunction):
        yield from (*(params.arg or ()), *params.out)


class _Renaming:
    """Puts sizes in the place of numbers, until something does not fit any more.

    `follows` is then a name and what it is in others, or `tied` are numbers that must stay.
    """

    def __init__(self, known: Mapping[int, Size]) -> None:
        self._known = known
        self._indices: dict[Index, Index] = {}
        self.follows: tuple[tuple[str, Size], ...] | None = None
        self.tied: set[int] = set()

    def of(self, nodes: list[Expr], roots: Sequence[Expr]) -> list[Expr] | None:
        done: dict[Expr, Expr] = {}
        try:
            with inferring(self._same):
                for e in nodes:
                    done[e] = self._node(e, done)
                    if not self._reads_as_before(e, done[e]):
                        return None
        except ShapeError:
            return None
        return [done[r] for r in roots]

    def _same(self, a: Size, b: Size) -> bool:
        """Of sizes that are not one any more: whether they never were. Else notes what makes them one again."""
        if _before(a) is not _before(b):
            return False
        for s, other in ((b, a), (a, b)):
            name = str(s)
            if name.isdigit() and name in s.names and name not in other.names:
                self.follows = ((name, other),)
                return False
        self._keep(a, b)
        return False

    def _keep(self, *sizes: Size) -> None:
        self.tied |= {int(n) for s in sizes for n in s.names if n.isdigit()}

    def _reads_as_before(self, old: Expr, new: Expr) -> bool:
        """Whether entries are read where they were: nothing but shapes is checked when a node is made."""
        match old, new:
            case Access(), Access():
                pairs = zip(old.subs, old.tensor.shape, new.subs, new.tensor.shape, strict=True)
                return all(self._within(*pair) for pair in pairs)
            case Delta(), Delta():
                a, b = new.left.index, new.right.index
                if a is None or b is None or _before(a.size) is not _before(b.size):
                    return self._unchanged(old.left, new.left) and self._unchanged(old.right, new.right)
                return a.size is b.size or self._same(a.size, b.size)
            case Iverson(), Iverson():
                plain = len({i.size for i in new.value.free}) < 2 and new.value.constant is old.value.constant
                return plain or self._unchanged(old.value, new.value)
            case _:
                return True

    def _within(self, old: Affine, n: Size, new: Affine, m: Size) -> bool:
        if new.index is not None and _before(new.index.size) is n:
            return new.index.size is m or self._same(new.index.size, m)
        if not new.terms and new.constant is old.constant:
            return True
        if inside(old, n):
            if inside(new, m):
                return True
            ends = extent(new)
            if ends is not None and _before(ends[1] + 1) is _before(m):
                return self._same(ends[1] + 1, m)
        return self._unchanged(old, new, m)

    def _unchanged(self, old: Affine, new: Affine, n: Size = ZERO) -> bool:
        if old is new and not n.names:
            return True
        self._keep(n, *_in_subscript(new))
        return False

    def _node(self, e: Expr, done: dict[Expr, Expr]) -> Expr:
        match e:
            case Var(name, dims, props, index_size):
                limit = None if index_size is None else self._size(index_size)
                return intern(Var, name, tuple(map(self._size, dims)), props, limit)
            case SizeValue(size=s):
                return intern(SizeValue, self._size(s))
            case Apply(op, args, params):
                return intern(Apply, op, tuple(done[a] for a in args), self._params(params))
            case Array(indices, body):
                return intern(Array, tuple(map(self._index, indices)), done[body])
            case Sum(index, body):
                return intern(Sum, self._index(index), done[body])
            case Access(tensor, subs):
                return intern(Access, done[tensor], tuple(self._subscript(s, done) for s in subs))
            case Delta(a, b):
                return intern(Delta, self._subscript(a, done), self._subscript(b, done))
            case Iverson(a):
                return intern(Iverson, self._subscript(a, done))
            case _:
                return rebuild(e, done) if below(e) else e

    def _size(self, s: Size) -> Size:
        total = ZERO
        for mono, c in s.terms:
            product = self._number(c)
            for atom in mono:
                if isinstance(atom, FloorDiv):
                    product = product * (self._size(atom.numerator) // self._size(atom.denominator))
                else:
                    product = product * atom
            total = total + product
        return total

    def _number(self, c: int) -> Size:
        found = self._known.get(abs(c))
        return size(c) if found is None else found * (1 if c > 0 else -1)

    def _params(self, params: Any) -> Any:
        if isinstance(params, Size):
            return self._size(params)
        if isinstance(params, tuple):
            return tuple(map(self._params, params))  # type: ignore[reportUnknownArgumentType]
        if isinstance(params, OpaqueFunction):
            return replace(params, arg=self._params(params.arg), out=self._params(params.out))
        return params

    def _index(self, i: Index) -> Index:
        found = self._indices.get(i)
        if found is None:
            new = self._size(i.size)
            found = self._indices[i] = i if new is i.size else fresh(new, i.hint)
        return found

    def _subscript(self, s: Affine, done: dict[Expr, Expr]) -> Affine:
        out = affine(self._size(s.constant))
        for atom, c in s.terms:
            match atom:
                case Index():
                    new = affine(self._index(atom))
                case Quotient(v, d):
                    new = self._subscript(v, done) // self._size(d)
                case Remainder(v, d):
                    new = self._subscript(v, done) % self._size(d)
                case Lookup(entry):
                    new = lookup(done[entry])
            out = out + new.scaled(self._size(c))
        return out


def _in_subscript(s: Affine) -> Iterable[Size]:
    yield s.constant
    for atom, c in s.terms:
        yield c
        match atom:
            case Index():
                yield atom.size
            case Quotient(v, d) | Remainder(v, d):
                yield d
                yield from _in_subscript(v)
            case Lookup(entry):
                yield from entry.shape
