"""Sums of products in index notation: what derivatives are collected, sifted and recovered as.

A `Term` is coefficient · Π factor^exponent, summed over bound indices. A factor is an entry of a tensor (`Access`, or a
scalar tensor itself), a `Delta` or an `Iverson`. A list of terms with the same free indices is their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from chainrule.core.expr import DEEP, Access, Apply, Const, Delta, Expr, Iverson, SizeValue, Sum, const, intern
from chainrule.core.graph import at
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.size import Size, size
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, neg_p, pow_p, sub_p
from chainrule.rewrite.lift import lift, pointwise_indices

Opens: TypeAlias = "Callable[[Apply], bool]"
ONE = Fraction(1)


MOST_DIGITS = 4000  # of a number that is a power of another, worked out
MANY_TERMS = 200  # beyond which parts of a sum that are shared are counted, not repeated
MOST_TERMS = 400  # beyond which a product of sums is not multiplied out


class TooManyTermsError(Exception):
    """Multiplying out grew beyond `MOST_TERMS`."""


@dataclass(frozen=True, slots=True)
class Multiplied:
    """An opener under which products and whole powers of sums are multiplied out as well."""

    test: Opens

    def __call__(self, node: Apply) -> bool:
        return self.test(node)


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """coefficient · Π base^exponent, summed over `sums`."""

    coeff: Fraction
    factors: Mapping[Expr, Fraction]
    sums: tuple[Index, ...] = ()

    @property
    def free(self) -> frozenset[Index]:
        return frozenset[Index]().union(*(f.free for f in self.factors)) - frozenset(self.sums)

    def scaled(self, c: Fraction) -> Term:
        return Term(self.coeff * c, self.factors, self.sums)


Terms: TypeAlias = "list[Term]"


def number(c: Fraction | int) -> Terms:
    return [Term(Fraction(c), {})] if c else []


def times(a: Term, b: Term) -> Term:
    """The product of two terms; bound indices that both use are renamed in the second."""
    clash = set(a.sums) & set(b.sums) if a.sums and b.sums else ()
    if clash:
        b = renamed(b, {i: fresh(i.size, i.hint) for i in clash})
    factors = dict(a.factors)
    for base, exponent in b.factors.items():
        include(factors, base, exponent)
    return Term(a.coeff * b.coeff, factors, a.sums + b.sums)


def product(a: Terms, b: Terms) -> Terms:
    if len(a) * len(b) > MOST_TERMS:
        raise TooManyTermsError
    return [times(s, t) for s in a for t in b]


def include(factors: dict[Expr, Fraction], base: Expr, exponent: Fraction) -> None:
    """Multiply one more power into factors; deltas and predicates are their own powers."""
    if isinstance(base, (Delta, Iverson)):
        factors[base] = ONE
        return
    total = factors.get(base, 0) + exponent
    if total:
        factors[base] = Fraction(total)
    else:
        factors.pop(base, None)


def renamed(t: Term, names: Mapping[Index, Index]) -> Term:
    """The term with bound indices under other names."""
    values = {i: affine(j) for i, j in names.items()}
    return Term(t.coeff, factors_moved(t.factors, values), tuple(names.get(i, i) for i in t.sums))


def factors_moved(factors: Mapping[Expr, Fraction], values: Mapping[Index, Affine]) -> dict[Expr, Fraction]:
    """The factors with free indices replaced by subscripts."""
    out: dict[Expr, Fraction] = {}
    for base, exponent in factors.items():
        include(out, at(base, values), exponent)
    return out


def moved(terms: Terms, values: Mapping[Index, Affine]) -> Terms:
    """The terms with free indices replaced by subscripts."""
    if not values:
        return terms
    used = frozenset[Index]().union(*(v.free for v in values.values()))
    out: Terms = []
    for t in terms:
        clash = {i: fresh(i.size, i.hint) for i in t.sums if i in used}
        t = renamed(t, clash) if clash else t
        out.append(Term(t.coeff, factors_moved(t.factors, values), t.sums))
    return out


# ---------------------------------------------------------------- from expressions


def terms_of(e: Expr, opens: Opens) -> Terms:
    """An index expression as a sum of products. Entries of a tensor node are unfolded where `opens` says so."""
    out: Terms = []
    stack: list[tuple[Fraction, tuple[Index, ...], Expr]] = [(ONE, (), e)]
    while stack:
        c, sums, node = stack.pop()
        match node:
            case Sum(index=k, body=b):
                inner = fresh(k.size, k.hint)
                stack.append((c, (inner, *sums), at(b, {k: affine(inner)})))
            case Access(tensor=Apply() as tensor, subs=subs) if opens(tensor):
                assert tensor.op.define is not None
                stack.append((c, sums, tensor.op.define(tensor.args, tensor.params, subs)))
            case Apply(op=op, args=args) if op is add_p:
                stack += [(c, sums, args[1]), (c, sums, args[0])]
            case Apply(op=op, args=args) if op is sub_p:
                stack += [(-c, sums, args[1]), (c, sums, args[0])]
            case Apply(op=op, args=args) if op is neg_p:
                stack.append((-c, sums, args[0]))
            case Apply(op=op) if not op.elementwise and op.define is not None and opens(node):
                stack.append((c, sums, op.define(node.args, node.params, ())))
            case _:
                found = _one_term(node, opens)
                out += found if c == 1 and not sums else [Term(c * t.coeff, t.factors, t.sums + sums) for t in found]
        if len(stack) + len(out) > MANY_TERMS:
            stack = _shared(stack)
    return out


def _shared(stack: list[tuple[Fraction, tuple[Index, ...], Expr]]) -> list[tuple[Fraction, tuple[Index, ...], Expr]]:
    """What is left to be written out, each part once: x + x + x as 3 x. The deepest are last, to be opened first."""
    total: dict[tuple[tuple[Index, ...], Expr], Fraction] = {}
    for c, sums, node in reversed(stack):
        total[sums, node] = total.get((sums, node), Fraction(0)) + c
    parts = [(c, sums, node) for (sums, node), c in total.items() if c]
    return sorted(parts, key=lambda p: p[2].depth)


def _counted(stack: list[tuple[Expr, int]]) -> list[tuple[Expr, int]]:
    """What is left to be multiplied, each factor once: x · x · x as x³."""
    total: dict[tuple[Expr, bool], int] = {}
    for node, x in reversed(stack):
        total[node, x > 0] = total.get((node, x > 0), 0) + x
    return sorted(((node, x) for (node, _), x in total.items()), key=lambda p: p[0].depth)


def _one_term(e: Expr, opens: Opens) -> Terms:
    """What is no sum."""
    match e:
        case Const(value=v):
            return number(v)
        case SizeValue(size=s):
            return size_terms(s)
        case Apply() if e.op.elementwise:
            return _apply_terms(e, opens)
        case _:
            return [Term(ONE, {e: ONE})]


def size_terms(s: Size) -> Terms:
    """A size as a sum of products of named sizes."""
    if s.constant is not None:
        return number(s.constant)
    first, *others = s.terms
    if others:
        return [Term(ONE, {intern(SizeValue, s): ONE})]
    atoms, coeff = first
    factors: dict[Expr, Fraction] = {}
    for atom in atoms:
        one = size(atom) if isinstance(atom, str) else atom.numerator // atom.denominator
        include(factors, intern(SizeValue, one), ONE)
    return [Term(Fraction(coeff), factors)]


def _apply_terms(e: Apply, opens: Opens) -> Terms:
    op, args = e.op, e.args
    if op in (mul_p, div_p):
        out: Terms = number(1)
        stack: list[tuple[Expr, int]] = [(e, 1)]
        met = 0
        while stack:
            met += 1
            if met > MANY_TERMS:
                stack = _counted(stack)
            node, x = stack.pop()
            if x > 0 and isinstance(node, Apply) and node.op in (mul_p, div_p) and not node.shape:
                stack += [(node.args[1], x if node.op is mul_p else -x), (node.args[0], x)]
                continue
            out = product(out, factor_terms(node, opens) if x == 1 else _power(node, Fraction(x), opens))
        return out
    if op is pow_p and isinstance(args[1], Const):
        return _power(args[0], args[1].value, opens)
    return [Term(ONE, {atom(e): ONE})]


def factor_terms(e: Expr, opens: Opens) -> Terms:
    """Terms of a factor: a sum that is a function of entries stays one factor, so that 1 − y² is not expanded."""
    terms = _opened_factor(e, opens)
    if len(terms) > 1 and not isinstance(opens, Multiplied) and pointwise_indices(e) is not None:
        return [Term(ONE, {atom(e): ONE})]
    return terms


def _opened_factor(e: Expr, opens: Opens) -> Terms:
    """The terms of a factor; a deep nest of functions is not looked into."""
    if e.depth > 2 * DEEP and isinstance(e, Apply) and e.op not in (mul_p, div_p, neg_p):
        return [Term(ONE, {atom(e): ONE})]
    return terms_of(e, opens)


def _power(e: Expr, c: Fraction, opens: Opens) -> Terms:
    terms = _opened_factor(e, opens)
    if len(terms) == 1 and not terms[0].sums:
        t = terms[0]
        whole = c.denominator == 1
        if whole and _digits(t.coeff) * abs(c.numerator) > MOST_DIGITS:
            return [Term(ONE, {atom(pow_p(e, const(c))): ONE})]
        if not t.factors:
            if whole and (t.coeff or c > 0):
                return number(t.coeff**c.numerator)
        elif whole or (len(t.factors) == 1 and t.coeff == 1 and next(iter(t.factors.values())) == 1):
            if t.coeff:
                coeff = t.coeff**c.numerator if whole else ONE
                return [
                    Term(coeff, {b: ONE if isinstance(b, (Delta, Iverson)) else x * c for b, x in t.factors.items()})
                ]
    if not terms and c > 0:
        return []
    if c == 1:
        return terms
    if isinstance(opens, Multiplied) and c.denominator == 1 and 1 < c <= 6:
        out = terms
        for _ in range(int(c) - 1):
            out = product(out, terms)
        return out
    if c.denominator == 1 and pointwise_indices(e) is not None:
        return [Term(ONE, {atom(e): c})]
    if c.denominator == 1:
        return [Term(ONE, {e: c})]
    return [Term(ONE, {atom(pow_p(e, const(c))): ONE})]


def _digits(c: Fraction) -> int:
    """About how many digits a number has that is not 0, 1 or −1."""
    return 0 if abs(c) in (0, 1) else 1 + (c.numerator.bit_length() + c.denominator.bit_length()) // 4


def atom(e: Expr) -> Expr:
    """A function of entries as one factor: an entry of the tensor that the function makes, where there is one."""
    indices = pointwise_indices(e)
    if indices is None or not indices:
        return lift(e, ()) if indices is not None else e
    return intern(Access, lift(e, indices), tuple(affine(i) for i in indices))


# ---------------------------------------------------------------- back to expressions


def expr_of(terms: Terms) -> Expr:
    """The index expression that the terms stand for."""
    total: Expr | None = None
    for t in terms:
        body = _expr_of_term(t)
        negative = total is not None and t.coeff < 0
        if negative:
            body = _expr_of_term(t.scaled(-ONE))
        total = body if total is None else sub_p(total, body) if negative else add_p(total, body)
    return const(0) if total is None else total


def _expr_of_term(t: Term) -> Expr:
    over: list[Expr] = []
    under: list[Expr] = []
    for base, x in t.factors.items():
        side = over if x > 0 else under
        side.append(base if abs(x) == 1 else pow_p(base, const(abs(x))))
    c = abs(t.coeff)
    if under and c.denominator != 1:
        under.insert(0, const(Fraction(c.denominator)))
        c = Fraction(c.numerator)
    if c != 1 or not over:  # ½ x rather than x/2
        over.insert(0, const(c))
    body = _multiplied(over)
    if under:
        body = div_p(body, _multiplied(under))
    if t.coeff < 0:
        body = neg_p(body)
    for k in reversed(t.sums):
        body = intern(Sum, k, body)
    return body


def _multiplied(factors: list[Expr]) -> Expr:
    out = factors[0]
    for f in factors[1:]:
        out = mul_p(out, f)
    return out


def factor_power(f: Expr, x: Fraction, opens: Opens) -> Terms:
    """The terms of a factor with its exponent."""
    return terms_of(f, opens) if x == 1 else _power(f, x, opens)
