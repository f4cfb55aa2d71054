"""Derivatives within the matrices that a fact describes: entries that must vary together do.

Source: K. B. Petersen, M. S. Pedersen, The Matrix Cookbook (2012), section 2.8.
"""

from __future__ import annotations

from fractions import Fraction

from chainrule.core.expr import Delta, Expr, Iverson, Sum, Var, access, const, intern
from chainrule.core.index import Affine, Index, affine
from chainrule.errors import NotDifferentiable
from chainrule.explain import checks
from chainrule.explain.step import Check
from chainrule.primitives.arithmetic import mul_p
from chainrule.rewrite.terms import Term, Terms, expr_of, moved, times

SPACES = {
    "spd": "symmetric",
    "symmetric": "symmetric",
    "diagonal": "diagonal",
    "lower": "lower",
    "upper": "upper",
    "distances": "distances",
}
"""Which space of matrices a fact describes, where it is one that can be moved in along straight lines."""

REASONS = {
    "symmetric": "{0}_ij and {0}_ji vary together, and {0}_ii by itself: G + Gᵀ − G ∘ I",
    "diagonal": "only the entries on the diagonal of {0} vary: G ∘ I",
    "lower": "only the entries of {0} on and below the diagonal vary",
    "upper": "only the entries of {0} on and above the diagonal vary",
    "distances": "{0}_ij and {0}_ji vary together, and {0}_ii stays 0: G + Gᵀ − 2 G ∘ I",
}


def space(v: Var) -> str:
    """The space of matrices that a variable is declared to lie in.

    Raises:
        NotDifferentiable: no fact about it describes one.
    """
    found = {SPACES[p] for p in v.props if p in SPACES}
    if len(found) == 1:
        return found.pop()
    what = f"{v.name} is {' and '.join(sorted(v.props))}" if v.props else f"nothing is known of {v.name}"
    raise NotDifferentiable(
        f"{what}: that does not say which entries vary together",
        hint=f'declare it {", ".join(SPACES)}, as in "{v.name}: n n symmetric", or leave out --constrained',
    )


def within(terms: Terms, axes: tuple[Index, ...], where: str) -> Terms:
    """The derivative by an entry of a matrix that moves in the space, from that by free entries."""
    a, b = axes
    match where:
        case "symmetric":
            return [*terms, *_swapped(terms, a, b), *_weighted(terms, _delta(a, b), -1)]
        case "distances":
            return [*terms, *_swapped(terms, a, b), *_weighted(terms, _delta(a, b), -2)]
        case "diagonal":
            return _weighted(terms, _delta(a, b), 1)
        case "lower":
            return _weighted(terms, intern(Iverson, affine(a) - affine(b)), 1)
        case _:
            return _weighted(terms, intern(Iverson, affine(b) - affine(a)), 1)


def check(free: Terms, found: Terms, axes: tuple[Index, ...], where: str, v: Var) -> Check:
    """Judges that both give one directional derivative for every direction in the space, each entry counted once."""
    a, b = axes
    direction = access(intern(Var, "_direction", v.shape, frozenset((where,)), None), a, b)
    shares: dict[str, Expr] = {
        "symmetric": (const(1) + _delta(a, b)) / const(2),  # an entry off the diagonal stands in two places
        "distances": const(Fraction(1, 2)),
    }

    def paired(terms: Terms, share: Expr) -> Expr:
        body = mul_p(mul_p(expr_of(terms), direction), share)
        return intern(Sum, a, intern(Sum, b, body))

    return lambda: checks.equation(paired(free, const(1)), paired(found, shares.get(where, const(1))))


def _swapped(terms: Terms, a: Index, b: Index) -> Terms:
    turned: dict[Index, Affine] = {a: affine(b), b: affine(a)}
    return moved(terms, turned)


def _delta(a: Index, b: Index) -> Expr:
    return intern(Delta, affine(a), affine(b))


def _weighted(terms: Terms, factor: Expr, by: int) -> Terms:
    return [times(t, Term(Fraction(by), {factor: Fraction(1)})) for t in terms]
