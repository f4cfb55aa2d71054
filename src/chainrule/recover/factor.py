"""From recovered terms to the shortest sum: common factors out, on the left, on the right and entry by entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm

from chainrule.core.expr import Apply, Const, Expr
from chainrule.primitives.arithmetic import add_p, matmul_p, sub_p, transpose_p
from chainrule.primitives.linalg import diag_p
from chainrule.recover.build import Context, Items, hadamard, is_diagonal, multiply, scaled, split

U = Fraction(1)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """coefficient · scalars · (items multiplied entry by entry)."""

    coeff: Fraction
    scalars: tuple[tuple[Expr, Fraction], ...]
    items: tuple[tuple[Expr, Fraction], ...]

    def expr(self, cx: Context) -> Expr:
        return scaled(hadamard(list(self.items)), self.coeff, list(self.scalars), cx)


def assemble(pieces: list[Piece], cx: Context) -> Piece:
    """The sum of pieces as one piece, with what they share taken out."""
    pieces = _diagonals_joined(pieces, cx)
    if len(pieces) == 1:
        return pieces[0]
    outer, pieces = _take_common(pieces, cx)
    pieces = _diagonals_joined(pieces, cx)
    if len(pieces) == 1:
        return outer.around(pieces[0].expr(cx), cx)
    while len(pieces) > 2:
        group = _best_group(pieces, cx)
        if group is None:
            break
        inner = assemble(group, cx)
        at = pieces.index(group[0])
        pieces = [p for p in pieces if p not in group]
        pieces.insert(min(at, len(pieces)), inner)
    return outer.around(_added(pieces, cx), cx)


def _diagonals_joined(pieces: list[Piece], cx: Context) -> list[Piece]:
    """diag(v) + diag(w) as diag(v + w)."""
    found = [p for p in pieces if len(p.items) == 1 and p.items[0][1] == 1 and is_diagonal(p.items[0][0])]
    if len(found) < 2:
        return pieces
    vectors = [replace(p, items=tuple(split(p.items[0][0].args[0], cx))) for p in found]  # type: ignore[attr-defined]
    inner = assemble(vectors, cx)
    v = hadamard(list(inner.items))
    assert v is not None
    joined = replace(inner, items=((diag_p(v), U),))
    at = pieces.index(found[0])
    rest = [p for p in pieces if p not in found]
    return [*rest[:at], joined, *rest[at:]]


@dataclass(frozen=True, slots=True, eq=False)
class _Outer:
    """What is taken out of a sum."""

    coeff: Fraction = U
    scalars: tuple[tuple[Expr, Fraction], ...] = ()
    items: tuple[tuple[Expr, Fraction], ...] = ()
    before: tuple[Expr, ...] = ()
    after: tuple[Expr, ...] = ()

    def around(self, body: Expr, cx: Context) -> Piece:
        if self.before or self.after:
            for e in reversed(self.before):
                body = multiply(e, body, cx)
            for e in self.after:
                body = multiply(body, e, cx)
        if not body.shape:
            return Piece(self.coeff, (*self.scalars, (body, U)), self.items)
        return Piece(self.coeff, self.scalars, (*self.items, (body, U)))


def _added(pieces: list[Piece], cx: Context) -> Expr:
    ordered = sorted(pieces, key=lambda p: sum(_transposes(e) for e, _ in p.items))  # A + Aᵀ, not Aᵀ + A
    first = next((n for n, p in enumerate(ordered) if p.coeff > 0), 0)
    ordered.insert(0, ordered.pop(first))
    total = ordered[0].expr(cx)
    for p in ordered[1:]:
        if p.coeff < 0:
            total = sub_p(total, replace(p, coeff=-p.coeff).expr(cx))
        else:
            total = add_p(total, p.expr(cx))
    return total


def _transposes(e: Expr) -> int:
    return sum(isinstance(n, Apply) and n.op is transpose_p and n.ndim == 2 for n in links(e, Context()))


def _take_common(pieces: list[Piece], cx: Context) -> tuple[_Outer, list[Piece]]:
    coeff = _common_coefficient([p.coeff for p in pieces])
    pieces = [replace(p, coeff=p.coeff / coeff) for p in pieces]
    scalars = _shared([p.scalars for p in pieces])
    pieces = [replace(p, scalars=_without(p.scalars, scalars)) for p in pieces]
    items: Items = []
    if not any(_is_chain(p) for p in pieces):
        items = _shared([p.items for p in pieces])
        pieces = [replace(p, items=_without(p.items, items)) for p in pieces]
    before, after, pieces = _take_ends(pieces, cx)
    return _Outer(coeff, tuple(scalars), tuple(items), tuple(before), tuple(after)), pieces


def _common_coefficient(cs: list[Fraction]) -> Fraction:
    sign = -1 if all(c < 0 for c in cs) else 1
    if len({abs(c) for c in cs}) == 1:
        return sign * abs(cs[0])
    g = Fraction(gcd(*(c.numerator for c in cs)), lcm(*(c.denominator for c in cs)))
    before = sum(abs(c) != 1 for c in cs)
    after = sum(abs(c / g) != 1 for c in cs) + 1
    return sign * (g if after < before else U)


def _shared(lists: list[tuple[tuple[Expr, Fraction], ...]]) -> Items:
    out: Items = []
    for e, x in lists[0]:
        if isinstance(e, Const):
            continue
        powers = [x]
        for other in lists[1:]:
            y = dict(other).get(e)
            if y is None or (y > 0) != (x > 0):
                break
            powers.append(y)
        else:
            out.append((e, min(powers) if x > 0 else max(powers)))
    return out


def _without(items: tuple[tuple[Expr, Fraction], ...], taken: Items) -> tuple[tuple[Expr, Fraction], ...]:
    less = dict(taken)
    left = [(e, x - less.get(e, Fraction(0))) for e, x in items]
    return tuple((e, x) for e, x in left if x)


# ---------------------------------------------------------------- ends of matrix products


def links(e: Expr, cx: Context) -> list[Expr]:
    """The factors of a matrix product from left to right, seen through what need not stay together."""
    if isinstance(e, Apply) and e.op is matmul_p and e not in cx.known:
        a, b = e.args
        return links(a, cx) + links(b, cx)
    return [e]


def _is_chain(p: Piece) -> bool:
    return (
        len(p.items) == 1 and p.items[0][1] == 1 and isinstance(p.items[0][0], Apply) and p.items[0][0].op is matmul_p
    )


def _chain(p: Piece, cx: Context) -> list[Expr] | None:
    if len(p.items) != 1 or p.items[0][1] != 1:
        return None
    return links(p.items[0][0], cx)


def _join(parts: list[Expr], cx: Context) -> Expr:
    out = parts[0]
    for e in parts[1:]:
        out = multiply(out, e, cx)
    return out


def _take_ends(pieces: list[Piece], cx: Context) -> tuple[list[Expr], list[Expr], list[Piece]]:
    chains = [_chain(p, cx) for p in pieces]
    if any(c is None for c in chains):
        return [], [], pieces
    parts = [c for c in chains if c is not None]
    before: list[Expr] = []
    after: list[Expr] = []
    while all(len(c) > 1 and c[0] is parts[0][0] and c[0].ndim == 2 for c in parts):
        before.append(parts[0][0])
        parts = [c[1:] for c in parts]
    while all(len(c) > 1 and c[-1] is parts[0][-1] and _may_leave(c) for c in parts):
        after.insert(0, parts[0][-1])
        parts = [c[:-1] for c in parts]
    if not before and not after:
        return [], [], pieces
    return before, after, [replace(p, items=((_join(c, cx), U),)) for p, c in zip(pieces, parts, strict=True)]


def _may_leave(c: list[Expr]) -> bool:
    last = c[-1]
    return last.ndim == 2 or (c[-2].ndim == 2) or (last.row and all(e.ndim == 2 for e in c[:-2]))


def _best_group(pieces: list[Piece], cx: Context) -> list[Piece] | None:
    """The pieces that share a factor, largest group first."""
    groups: dict[object, list[Piece]] = {}
    for p in pieces:
        features: set[object] = set()
        for e, x in p.scalars:
            if not isinstance(e, Const):
                features.add(("s", e, x > 0))
        c = _chain(p, cx)
        if c is not None and len(c) > 1:
            if c[0].ndim == 2:
                features.add(("l", c[0]))
            if _may_leave(c):
                features.add(("r", c[-1]))
        if c is None or len(c) == 1:
            features.update(("i", e, x > 0) for e, x in p.items if len(p.items) > 1 or x != 1)
        for f in sorted(features, key=lambda f: f[0]):  # type: ignore[index]
            groups.setdefault(f, []).append(p)
    return max((g for g in groups.values() if 2 <= len(g) < len(pieces)), key=len, default=None)
