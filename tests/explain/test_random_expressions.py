"""Expressions drawn at random: derivatives are what dual numbers find, steps are verified, texts parse back."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

import chainrule as cr
from chainrule.core.expr import Expr, Var
from chainrule.core.size import Size
from chainrule.judge.derivatives import gradient_check

m, n, p = cr.sizes("m n p")
SIZES = (m, n, p)
ELEMENTWISE = (cr.tanh, cr.sigmoid, cr.exp, cr.sin, cr.relu, cr.softplus, lambda e: e**2, lambda e: -e, cr.gelu)
ALONG_AN_AXIS = (cr.softmax, cr.log_softmax, cr.cumsum)
VARIABLES = (
    cr.scalar("a"),
    cr.scalar("c", "positive"),
    cr.vector("x", n),
    cr.vector("y", m),
    cr.vector("z", n, "simplex"),
    cr.vector("v", p),
    cr.matrix("A", m, n),
    cr.matrix("B", n, p),
    cr.matrix("C", m, p),
    cr.matrix("S", n, n, "symmetric"),
    cr.matrix("W", n, n),
    cr.matrix("U", m, m),
    cr.matrix("V", p, p),
)
J = cr.function("J", n)
one = cr.vector("o", 1).shape[0]
THIN = (
    cr.vector("o", 1),
    *(cr.matrix(f"R{k}", 1, k) for k in SIZES),
    *(cr.matrix(f"K{k}", k, 1) for k in SIZES),
    cr.matrix("Q", 1, 1),
)


class Maker:
    """Draws expressions of a wanted shape."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def of(self, shape: tuple[Size, ...], depth: int) -> Expr:
        if depth == 0:
            leaves = [v for v in VARIABLES if v.shape == shape]
            return self.rng.choice(leaves or [v.T for v in VARIABLES if v.ndim == 2 and v.T.shape == shape])
        if not shape:
            return self.scalar(depth - 1)
        return (self.vector if len(shape) == 1 else self.matrix)(shape, depth - 1)

    def scalar(self, depth: int) -> Expr:
        size, other = self.rng.sample(SIZES, 2)
        ways: list[Callable[[], Expr]] = [
            lambda: cr.tr(self.of((n, n), depth)),
            lambda: self.of((size,), depth).T @ self.of((size,), depth),
            lambda: self.of((size, other), depth).sum(),
            lambda: cr.norm2(self.of((size,), depth)) ** 2,
            lambda: cr.logsumexp(self.of((size,), depth)),
            lambda: cr.mean(self.of((size,), depth)),
            lambda: self.of((), depth) * self.of((), depth),
            lambda: self.rng.choice(ELEMENTWISE)(self.of((), depth)),
            lambda: J(self.of((n,), depth)),
        ]
        return self.rng.choice(ways)()

    def vector(self, shape: tuple[Size, ...], depth: int) -> Expr:
        (k,) = shape
        other = self.rng.choice(SIZES)
        ways: list[Callable[[], Expr]] = [
            lambda: self.of((k, other), depth) @ self.of((other,), depth),
            lambda: self.of(shape, depth) + self.of(shape, depth),
            lambda: self.of(shape, depth) * self.of(shape, depth),
            lambda: self.of((), depth) * self.of(shape, depth),
            lambda: self.rng.choice(ELEMENTWISE)(self.of(shape, depth)),
            lambda: self.rng.choice(ALONG_AN_AXIS)(self.of(shape, depth)),
            lambda: self.of((k, other), depth).sum(axis=1),
            lambda: self.of(shape, depth) / (1 + cr.exp(self.of((), depth))),
            lambda: self.of(shape, depth) - cr.mean(self.of(shape, depth)),
        ]
        return self.rng.choice(ways)()

    def matrix(self, shape: tuple[Size, ...], depth: int) -> Expr:
        r, c = shape
        other = self.rng.choice(SIZES)
        ways: list[Callable[[], Expr]] = [
            lambda: self.of((r, other), depth) @ self.of((other, c), depth),
            lambda: self.of((c, r), depth).T,
            lambda: self.of(shape, depth) + self.of(shape, depth),
            lambda: self.of(shape, depth) * self.of(shape, depth),
            lambda: self.of((r,), depth) @ self.of((c,), depth).T,
            lambda: self.rng.choice(ELEMENTWISE)(self.of(shape, depth)),
            lambda: self.rng.choice(ALONG_AN_AXIS)(self.of(shape, depth), axis=self.rng.choice((0, 1))),
            lambda: self.of((), depth) * self.of(shape, depth),
        ]
        if r == c:
            ways.append(lambda: cr.diag(self.of((r,), depth)))
            ways.append(lambda: cr.inv(cr.eye(r) + 0.1 * self.of(shape, 0)))
        return self.rng.choice(ways)()


class Stretching(Maker):
    """Draws expressions in which axes of size 1 stretch, and sums run over what does not depend on them."""

    def of(self, shape: tuple[Size, ...], depth: int) -> Expr:
        thin = [v for v in THIN if v.shape == shape]
        if thin and depth == 0:
            return self.rng.choice(thin)
        return super().of(shape, depth)

    def scalar(self, depth: int) -> Expr:
        size, other = self.rng.sample((*SIZES, one), 2)
        ways: list[Callable[[], Expr]] = [
            lambda: self.of((size, other), depth).sum(),
            lambda: cr.norm2(self.of((size, other), depth)) ** 2,
            lambda: cr.mean(self.of((size, other), depth) ** 2),
            lambda: cr.sum(cr.softmax(self.of((size, other), depth), axis=0) ** 2),
            lambda: (self.of((size,), depth).T @ self.of((size,), depth)) * self.of((), depth),
        ]
        return self.rng.choice(ways)()

    def vector(self, shape: tuple[Size, ...], depth: int) -> Expr:
        (k,) = shape
        other = self.rng.choice((*SIZES, one))
        ways: list[Callable[[], Expr]] = [
            lambda: self.of((k, other), depth).sum(axis=1),
            lambda: self.of((k, other), depth) @ self.of((other,), depth),
            lambda: self.of(shape, depth) * self.of((one,), depth),
            lambda: super(Stretching, self).vector(shape, depth),
        ]
        return self.rng.choice(ways)()

    def matrix(self, shape: tuple[Size, ...], depth: int) -> Expr:
        r, c = shape
        ways: list[Callable[[], Expr]] = [
            lambda: self.of(shape, depth) + self.of((one, c), depth),
            lambda: self.of(shape, depth) * self.of((r, one), depth),
            lambda: self.of((r, one), depth) - self.of((one, c), depth),
            lambda: self.of((r, one), depth) @ self.of((one, c), depth),
            lambda: cr.ones(r) @ self.of((c,), depth).T,
            lambda: self.of(shape, depth).sum(axis=self.rng.choice((0, 1)), keep=True) * self.of(shape, depth),
            lambda: super(Stretching, self).matrix(shape, depth),
        ]
        return self.rng.choice(ways)()


def drawn(seed: int, shape: tuple[Size, ...], depth: int, kind: type[Maker] = Maker) -> tuple[Expr, str]:
    maker = kind(seed)
    while True:
        e = maker.of(shape, depth)
        if e.variables:
            return e, maker.rng.choice(sorted(v.name for v in e.variables))


def verified(d: cr.Derivation) -> bool:
    return all(s.verdict in ("proved", "judged", "given") for s in d.steps)


@pytest.mark.parametrize("seed", range(200))
def test_a_gradient_is_right_and_every_step_of_it_is_verified(seed: int) -> None:
    e, v = drawn(seed, (), 2 + seed % 2)
    d = cr.derive(e, wrt=v)
    assert gradient_check(e, next(x for x in e.variables if x.name == v), d.result).how in ("judged", "proved")
    assert verified(d), d


@pytest.mark.parametrize("seed", range(80))
def test_a_jacobian_is_right_and_every_step_of_it_is_verified(seed: int) -> None:
    e, v = drawn(1000 + seed, ((n,), (m, n))[seed % 2], 1 + seed % 2)
    d = cr.derive(e, wrt=v)
    assert gradient_check(e, next(x for x in e.variables if x.name == v), d.result).how in ("judged", "proved")
    assert verified(d), d


@pytest.mark.parametrize("seed", range(60))
def test_a_hessian_is_right_and_every_step_of_it_is_verified(seed: int) -> None:
    e, v = drawn(2000 + seed, (), 2)
    d = cr.derive(e, wrt=v, order=2)
    found = gradient_check(e, next(x for x in e.variables if x.name == v), d.result, order=2)
    assert found.how in ("judged", "proved")
    assert verified(d), d


@pytest.mark.parametrize("seed", range(80))
def test_every_form_of_a_result_parses_back_to_its_value(seed: int) -> None:
    e, v = drawn(3000 + seed, (), 2)
    d = cr.derive(e, wrt=v)
    given = "; ".join(_declared(x) for x in e.variables) + "; J: function(n)"
    for form in ("matrix", "index", "einsum"):
        again = cr.parse(d.text(form), given=given)
        assert cr.equal(again, d.result).equal, f"{form}: {d.text(form)}"


@pytest.mark.parametrize("seed", range(150))
def test_with_axes_of_size_1_all_is_right_and_every_form_parses_back(seed: int) -> None:
    e, v = drawn(4000 + seed, ((), (), (n,), (m, n))[seed % 4], 2, Stretching)
    d = cr.derive(e, wrt=v)
    assert gradient_check(e, next(x for x in e.variables if x.name == v), d.result).how in ("judged", "proved")
    assert verified(d), d
    given = "; ".join(_declared(x) for x in e.variables) + "; J: function(n); unused: m n p"
    for form in ("matrix", "index", "einsum"):
        if form != "matrix" or not d.is_vec:
            again = cr.parse(d.text(form), given=given)
            assert cr.equal(again, d.result).equal, f"{form}: {d.text(form)}"


def _declared(v: Var) -> str:
    shape = [str(size) for size in v.shape] or ["scalar"]
    return f"{v.name}: {' '.join([*shape, *sorted(v.props)])}"
