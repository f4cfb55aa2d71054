"""Indices and subscripts: the letters of index notation, and whole-number arithmetic in them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakValueDictionary

from chainrule.core.size import ONE, ZERO, Size, SizeLike, size

if TYPE_CHECKING:
    from chainrule.core.expr import Expr

_counter = itertools.count()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Index:
    """A letter that runs over an axis: from 0 to `size` − 1. Two indices are one only if they are one object."""

    uid: int
    size: Size
    hint: str

    def __repr__(self) -> str:
        return f"{self.hint}{self.uid}"

    def __copy__(self) -> Index:
        return self

    def __deepcopy__(self, memo: object) -> Index:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        _known[_PROCESS, self.uid] = self
        return _restored, (_PROCESS, self.uid, self.size, self.hint)


_PROCESS = uuid.uuid4().hex
_known: WeakValueDictionary[tuple[str, int], Index] = WeakValueDictionary()


def _restored(process: str, uid: int, extent: Size, hint: str) -> Index:
    """The index that was pickled, if it is still there; else one that takes its place from now on."""
    found = _known.get((process, uid))
    if found is None:
        found = _known[process, uid] = fresh(extent, hint)
    return found


def fresh(extent: SizeLike, hint: str = "i") -> Index:
    """A new index that occurs nowhere else."""
    return Index(next(_counter), size(extent), hint)


@dataclass(frozen=True, slots=True)
class Quotient:
    """⌊affine / divisor⌋"""

    value: Affine
    divisor: Size


@dataclass(frozen=True, slots=True)
class Remainder:
    """affine mod divisor"""

    value: Affine
    divisor: Size


@dataclass(frozen=True, slots=True)
class Lookup:
    """The whole number that an entry of an index-valued tensor holds."""

    entry: Expr


IndexAtom: TypeAlias = "Index | Quotient | Remainder | Lookup"


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A subscript: Σ coefficient · atom + constant. Equal subscripts are one object."""

    terms: tuple[tuple[IndexAtom, Size], ...]
    constant: Size
    index: Index | None  # the index that this subscript is, if it is nothing more
    free: frozenset[Index]

    def __copy__(self) -> Affine:
        return self

    def __deepcopy__(self, memo: object) -> Affine:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _make, (dict(self.terms), self.constant)

    def __add__(self, other: Affine | Index | Size | int) -> Affine:
        b = affine(other)
        out = dict(self.terms)
        for atom, c in b.terms:
            out[atom] = out.get(atom, ZERO) + c
        return _make(out, self.constant + b.constant)

    def __sub__(self, other: Affine | Index | Size | int) -> Affine:
        return self + affine(other).scaled(-1)

    def scaled(self, by: SizeLike) -> Affine:
        c = size(by)
        return _make({a: s * c for a, s in self.terms}, self.constant * c)

    def __floordiv__(self, by: SizeLike) -> Affine:
        d = size(by)
        inside, outside, rest = {}, {}, ZERO
        for atom, c in self.terms:
            q = c.divide(d)
            if q is not None:
                outside[atom] = q
            else:
                inside[atom] = c
        q = self.constant.divide(d)
        if q is None:
            rest = self.constant
        whole = _make(outside, q or ZERO)
        part = _make(inside, rest)
        if _below(part, d):
            return whole
        return whole + _make({Quotient(part, d): ONE}, ZERO)

    def __mod__(self, by: SizeLike) -> Affine:
        d = size(by)
        part = _make(
            {a: c for a, c in self.terms if c.divide(d) is None},
            ZERO if self.constant.divide(d) is not None else self.constant,
        )
        return part if _below(part, d) else _make({Remainder(part, d): ONE}, ZERO)

    def at(self, values: Mapping[Index, Affine], entry: Mapping[Expr, Expr] | None = None) -> Affine:
        """This subscript with indices replaced; `entry` replaces the entries that lookups read."""
        if not any(i in values for i in self.free) and not entry:
            return self
        out = _make({}, self.constant)
        for atom, c in self.terms:
            match atom:
                case Index():
                    new = values.get(atom) or affine(atom)
                case Quotient(v, d):
                    new = v.at(values, entry) // d
                case Remainder(v, d):
                    new = v.at(values, entry) % d
                case Lookup(e):
                    new = _make({Lookup(entry[e] if entry and e in entry else e): ONE}, ZERO)
            out = out + new.scaled(c)
        return out

    def __repr__(self) -> str:
        parts = [f"{c}*{a!r}" if c is not ONE else repr(a) for a, c in self.terms]
        return " + ".join(parts + ([str(self.constant)] if self.constant is not ZERO or not parts else []))


_table: dict[tuple[frozenset[tuple[IndexAtom, Size]], Size], Affine] = {}


def _free(atom: IndexAtom) -> frozenset[Index]:
    match atom:
        case Index():
            return frozenset((atom,))
        case Quotient(v, _) | Remainder(v, _):
            return v.free
        case Lookup(e):
            return e.free


def _make(terms: Mapping[IndexAtom, Size], constant: Size) -> Affine:
    kept = [(a, c) for a, c in terms.items() if c is not ZERO]
    key = (frozenset(kept), constant)
    found = _table.get(key)
    if found is None:
        only = kept[0][0] if len(kept) == 1 and kept[0][1] is ONE and constant is ZERO else None
        free = frozenset[Index]().union(*(_free(a) for a, _ in kept))
        found = _table[key] = Affine(tuple(kept), constant, only if isinstance(only, Index) else None, free)
    return found


def _below(a: Affine, bound: Size) -> bool:
    """Whether 0 ≤ a < bound is certain: at most one plain index, of an axis of that size, or a remainder."""
    if not a.terms:
        return a.constant is ZERO
    if len(a.terms) != 1 or a.constant is not ZERO or a.terms[0][1] is not ONE:
        return False
    atom = a.terms[0][0]
    return (isinstance(atom, Index) and atom.size is bound) or (isinstance(atom, Remainder) and atom.divisor is bound)


def affine(value: Affine | Index | Size | int) -> Affine:
    """A subscript from an index, a size or a whole number."""
    if isinstance(value, Affine):
        return value
    if isinstance(value, Index):
        return _make({value: ONE}, ZERO)
    return _make({}, size(value))


def lookup(entry: Expr) -> Affine:
    """The subscript read from an entry of an index-valued tensor."""
    return _make({Lookup(entry): ONE}, ZERO)
