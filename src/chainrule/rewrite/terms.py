"""Sums of products in index notation: what derivatives are collected, sifted and recovered as.

A `Term` is coefficient · Π factor^exponent, summed over bound indices. A factor is an entry of a tensor (`Access`, or a
scalar tensor itself), a `Delta` or an `Iverson`. A list of terms with the same free indices is their sum.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, cast

from chainrule.core.expr import (
    DEEP,
    Access,
    Apply,
    Const,
    Delta,
    Expr,
    Iverson,
    SizeValue,
    Sum,
    access,
    at,
    const,
    intern,
)
from chainrule.core.index import Affine, Index, IndexAtom, Quotient, Remainder, affine, fresh
from chainrule.core.size import ONE as ONE_SIZE, ZERO, Size, size
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
        _include(factors, base, exponent)
    return Term(a.coeff * b.coeff, factors, a.sums + b.sums)


def product(a: Terms, b: Terms) -> Terms:
    if len(a) * len(b) > MOST_TERMS:
        raise TooManyTermsError
    return [times(s, t) for s in a for t in b]


def _include(factors: dict[Expr, Fraction], base: Expr, exponent: Fraction) -> None:
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
    return Term(t.coeff, _moved(t.factors, values), tuple(names.get(i, i) for i in t.sums))


def _moved(factors: Mapping[Expr, Fraction], values: Mapping[Index, Affine]) -> dict[Expr, Fraction]:
    out: dict[Expr, Fraction] = {}
    for base, exponent in factors.items():
        _include(out, at(base, values), exponent)
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
        out.append(Term(t.coeff, _moved(t.factors, values), t.sums))
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
            return _size_terms(s)
        case Apply() if e.op.elementwise:
            return _apply_terms(e, opens)
        case _:
            return [Term(ONE, {e: ONE})]


def _size_terms(s: Size) -> Terms:
    if s.constant is not None:
        return number(s.constant)
    first, *others = s.terms
    if others:
        return [Term(ONE, {intern(SizeValue, s): ONE})]
    atoms, coeff = first
    factors: dict[Expr, Fraction] = {}
    for atom in atoms:
        one = size(atom) if isinstance(atom, str) else atom.numerator // atom.denominator
        _include(factors, intern(SizeValue, one), ONE)
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


# ---------------------------------------------------------------- sifting and collecting


def non_negative(s: Size) -> bool:
    """Whether a size expression is ≥ 0 whatever its names are, each being at least 1."""
    shifted = s.substitute({n: size(n) + 1 for n in s.names})
    return all(c >= 0 for _, c in shifted.terms)


def extremes(a: Affine) -> tuple[Size, Size] | None:
    """The least and the largest value of a subscript over its indices, where they are plain."""
    low = high = a.constant
    for atom_, c in a.terms:
        ends = _ends(atom_)
        if ends is None:
            return None
        if non_negative(c):
            low, high = low + c * ends[0], high + c * ends[1]
        elif non_negative(size(0) - c):
            low, high = low + c * ends[1], high + c * ends[0]
        else:
            return None
    return low, high


def _ends(x: IndexAtom) -> tuple[Size, Size] | None:
    match x:
        case Index(size=n):
            return ZERO, n - 1
        case Remainder(divisor=d):
            return ZERO, d - 1
        case Quotient(value=v, divisor=d):
            inner = extremes(v)
            return None if inner is None or inner[0] is not ZERO else (ZERO, inner[1] // d)
        case _:
            return None


def in_range(a: Affine, extent: Size) -> tuple[bool, bool]:
    """Whether 0 ≤ a, and whether a < extent, are certain."""
    if a.index is not None and a.index.size is extent:
        return True, True
    ends = extremes(a)
    if ends is None:
        return False, False
    return non_negative(ends[0]), non_negative(extent - 1 - ends[1])


def bounds(a: Affine, extent: Size) -> list[Expr]:
    """The predicates that are needed to say that a lies on an axis."""
    low, high = in_range(a, extent)
    out: list[Expr] = []
    if not low:
        out.append(intern(Iverson, a))
    if not high:
        out.append(intern(Iverson, affine(extent - 1) - a))
    return out


def sift(t: Term) -> Term | None:
    """Sums over Kronecker deltas done: Σ_j δ_ij a_j = a_i. None if the term is zero."""
    while True:
        step = _sift_once(t)
        if step is t:
            return t
        if step is None:
            return None
        t = step


def _sift_once(t: Term) -> Term | None:
    for f in t.factors:
        if isinstance(f, Delta):
            done = _use_delta(t, f)
            if done is not t:
                return done
        elif isinstance(f, Iverson):
            ends = extremes(f.value)
            if ends is not None:
                if non_negative(ends[0]):
                    return _without(t, f)
                if non_negative(size(-1) - ends[1]):
                    return None
    return _split_sum(t)


def _without(t: Term, f: Expr) -> Term:
    return Term(t.coeff, {b: x for b, x in t.factors.items() if b is not f}, t.sums)


def _use_delta(t: Term, d: Delta) -> Term | None:
    if d.left is d.right:
        return _without(t, d)
    for one, other in ((d.left, d.right), (d.right, d.left)):
        pair = row_major(other, one.index.size) if one.index is not None else None
        if pair is not None and all(k in t.sums for k in pair):  # p = i·n + j: i = ⌊p/n⌋ and j = p mod n
            i, j = pair
            rest = _without(t, d)
            factors = _moved(rest.factors, {i: one // j.size, j: one % j.size})
            return Term(t.coeff, factors, tuple(k for k in t.sums if k not in pair))
    difference = d.left - d.right
    if not difference.terms:
        return None if difference.constant.constant else t
    for atom_, c in difference.terms:
        if isinstance(atom_, Index) and atom_ in t.sums and c.constant in (1, -1):
            value = affine(atom_) - difference.scaled(c)
            if atom_ in value.free:
                continue
            return _substituted(_without(t, d), atom_, value)
    # a delta between free indices: name one entry the same way everywhere
    a, b = d.left.index, d.right.index
    if a is not None and b is not None and a.size is b.size:
        keep, drop = (a, b) if a.uid < b.uid else (b, a)
        rest = _without(t, d)
        if any(drop in f.free for f in rest.factors):
            factors = _moved(rest.factors, {drop: affine(keep)})
            _include(factors, d, ONE)
            return Term(t.coeff, factors, t.sums)
    return t


def row_major(s: Affine, extent: Size) -> tuple[Index, Index] | None:
    """i and j where the subscript is i·n + j, j runs over n, and both over the whole axis."""
    if len(s.terms) != 2 or s.constant is not ZERO:
        return None
    for (i, n), (j, one) in (s.terms, s.terms[::-1]):
        if isinstance(i, Index) and isinstance(j, Index) and one is ONE_SIZE and j.size is n and i.size * n is extent:
            return i, j
    return None


def _substituted(t: Term, k: Index, value: Affine) -> Term:
    factors = _moved(t.factors, {k: value})
    for predicate in bounds(value, k.size):
        _include(factors, predicate, ONE)
    return Term(t.coeff, factors, tuple(i for i in t.sums if i is not k))


def _split_sum(t: Term) -> Term:
    """Σ_p over an axis of size m·d in which ⌊p/d⌋ or p mod d occurs becomes Σ_i Σ_j with p = i·d + j."""
    for f in t.factors:
        for s in _subscripts(f):
            for atom_, _ in s.terms:
                if isinstance(atom_, (Quotient, Remainder)) and atom_.value.index in t.sums:
                    p, d = atom_.value.index, atom_.divisor
                    assert p is not None
                    rows = p.size.divide(d)
                    if rows is None:
                        continue
                    i, j = fresh(rows, p.hint), fresh(d, p.hint)
                    value = affine(i).scaled(d) + affine(j)
                    sums = tuple(x for k in t.sums for x in ((i, j) if k is p else (k,)))
                    return Term(t.coeff, _moved(t.factors, {p: value}), sums)
    return t


def _subscripts(f: Expr) -> tuple[Affine, ...]:
    match f:
        case Access(subs=subs):
            return subs
        case Delta(left=a, right=b):
            return (a, b)
        case Iverson(value=a):
            return (a,)
        case _:
            return ()


def sizes_out(t: Term) -> Term:
    """Bound indices that no factor uses become factors: Σ_k 1 is the size of k."""
    used = frozenset[Index]().union(*(f.free for f in t.factors))
    idle = [k for k in t.sums if k not in used]
    for k in idle:
        t = Term(t.coeff, t.factors, tuple(i for i in t.sums if i is not k))
        for s in _size_terms(k.size):
            t = times(t, s)
    return t


def collect(terms: Iterable[Term], symmetric: Callable[[Expr], bool] = lambda e: False) -> Terms:
    """Equal terms added up, whatever their bound indices are called, in the order of first appearance."""
    terms = list(terms)
    if len(terms) < 2:
        return [t for t in terms if t.coeff]
    out: dict[object, Term] = {}
    for t in terms:
        k = key(t, symmetric)
        if k in out:
            out[k] = Term(out[k].coeff + t.coeff, out[k].factors, out[k].sums)
        else:
            out[k] = t
    return [t for t in out.values() if t.coeff]


def key(t: Term, symmetric: Callable[[Expr], bool] = lambda e: False) -> object:
    """What two terms that differ in coefficient or in the names of bound indices alone have in common.

    Bound indices are told apart by where they occur, refined by what they occur with; ties are tried in every order.
    """
    if not t.sums:
        return _labelled(t, {}, symmetric)
    colours: dict[Index, object] = dict.fromkeys(t.sums, 0)
    for _ in range(len(t.sums)):
        found = {k: _signature(t, k, colours, symmetric) for k in t.sums}
        ranks = {s: n for n, s in enumerate(sorted(set(found.values()), key=repr))}
        colours = {k: ranks[found[k]] for k in t.sums}
        if len(ranks) == len(t.sums):
            break
    groups = [list(g) for _, g in itertools.groupby(sorted(t.sums, key=lambda k: colours[k]), key=lambda k: colours[k])]  # type: ignore[arg-type,return-value]
    best: object = None
    orderings = itertools.product(*(itertools.permutations(g) for g in groups))
    for orders in itertools.islice(orderings, 720):  # beyond, equal terms may stay apart: longer, never wrong
        labels = {k: n for n, k in enumerate(itertools.chain.from_iterable(orders))}
        this = _labelled(t, labels, symmetric)
        if best is None or repr(this) < repr(best):
            best = this
    return best


def _name(a: Affine, labels: Mapping[Index, object], own: Index | None = None) -> object:
    if a.index is not None:
        return "self" if a.index is own else ("b", labels[a.index]) if a.index in labels else ("f", a.index.uid)
    if not any(i in labels for i in a.free):
        return ("a", id(a))
    values = tuple(
        sorted(
            ((repr(_atom_name(x, labels, own)), str(c)) for x, c in a.terms),
        )
    )
    return ("t", values, str(a.constant))


def _atom_name(x: object, labels: Mapping[Index, object], own: Index | None) -> object:
    match x:
        case Index():
            return "self" if x is own else ("b", labels[x]) if x in labels else ("f", x.uid)
        case Quotient(v, d) | Remainder(v, d):
            return (type(x).__name__, _name(v, labels, own), str(d))
        case _:
            return id(x.entry) if not x.entry.free else repr(_factor(x.entry, labels, own, lambda e: False))  # type: ignore[attr-defined]


def _factor(f: Expr, labels: Mapping[Index, object], own: Index | None, symmetric: Callable[[Expr], bool]) -> object:
    match f:
        case Access(tensor=T, subs=subs) if not T.free:
            names = [_name(s, labels, own) for s in subs]
            if len(names) == 2 and symmetric(T):
                names.sort(key=repr)
            return ("A", id(T), tuple(names))
        case Delta(left=a, right=b):
            return ("D", tuple(sorted((_name(a, labels, own), _name(b, labels, own)), key=repr)))
        case Iverson(value=a):
            return ("I", _name(a, labels, own))
        case _ if not (f.free & labels.keys()):
            return ("E", id(f))
        case _:
            values = {i: affine(_placeholder(labels[i], i.size, i is own)) for i in f.free if i in labels}
            return ("E", id(at(f, values)))


_placeholders: dict[object, Index] = {}


def _placeholder(label: object, extent: Size, own: bool) -> Index:
    k = (label, extent, own)
    if k not in _placeholders:
        _placeholders[k] = fresh(extent, "q")
    return _placeholders[k]


def _signature(t: Term, k: Index, colours: Mapping[Index, object], symmetric: Callable[[Expr], bool]) -> object:
    found = [(repr(_factor(f, colours, k, symmetric)), x) for f, x in t.factors.items() if k in f.free]
    return (str(k.size), tuple(sorted(found)))


def _labelled(t: Term, labels: Mapping[Index, object], symmetric: Callable[[Expr], bool]) -> object:
    return (len(t.sums), frozenset((_factor(f, labels, None, symmetric), x) for f, x in t.factors.items()))


def factor_power(f: Expr, x: Fraction, opens: Opens) -> Terms:
    """The terms of a factor with its exponent."""
    return terms_of(f, opens) if x == 1 else _power(f, x, opens)


def fold_ratios(terms: Terms, ratios: Sequence[Apply]) -> Terms:
    """The terms with a_i / b_i written as the entry of a quotient a/b that has a name already."""
    out = [_folded(t, ratios) for t in terms]
    return terms if all(a is b for a, b in zip(out, terms, strict=True)) else out


def new_ratios(terms: Terms) -> list[Apply]:
    """Quotients worth a name: a_i and a_k both stand over one b, as in (a_i/b)(a_k/b)."""
    out: dict[Apply, None] = {}
    for t in terms:
        below = [f for f, x in t.factors.items() if x <= -2]
        read: dict[Expr, Fraction] = {}
        for f, x in t.factors.items():
            if isinstance(f, Access) and x >= 1 and not f.tensor.free:
                read[f.tensor] = read.get(f.tensor, Fraction(0)) + x
        for a in (a for a, x in read.items() if x >= 2):
            for f in below:
                b = f.tensor if isinstance(f, Access) else f
                if not b.free and _divides(b, a):
                    out[cast("Apply", div_p(a, b))] = None
    return list(out)


def _divides(b: Expr, a: Expr) -> bool:
    """Whether a/b has the shape of a."""
    if not b.shape:
        return True
    return (
        b.ndim == a.ndim and b.row == a.row and all(n in (m, ONE_SIZE) for m, n in zip(a.shape, b.shape, strict=True))
    )


def _folded(t: Term, ratios: Sequence[Apply]) -> Term:
    for node in ratios:
        a, b = node.args
        for f in [f for f in t.factors if isinstance(f, Access) and f.tensor is a]:
            below = access(b, *f.subs) if b.shape else b
            while t.factors.get(f, 0) >= 1 and t.factors.get(below, 0) <= -1:
                factors = dict(t.factors)
                for base, x in ((f, -1), (below, 1), (access(node, *f.subs), 1)):
                    _include(factors, base, Fraction(x))
                t = Term(t.coeff, factors, t.sums)
    return t
