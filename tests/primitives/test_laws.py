"""Laws that hold for every primitive in the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import SIZES, cases, point
from floats import Floats
from reference import ELEMENTWISE, REFERENCE, erf, sigmoid

from chainrule.core.expr import Access, Apply, Array, access, intern
from chainrule.core.index import affine, fresh
from chainrule.core.primitive import Primitive, registry
from chainrule.core.size import ONE, size
from chainrule.primitives import variables as cr
from chainrule.primitives.functions import table

ALL = sorted(registry.values(), key=lambda p: p.name)
OPAQUE = {"opaque", "opaque_elementwise"}


def primitives(condition: Callable[[Primitive], object]) -> Any:
    """Runs a test for every primitive of which the condition holds."""
    return pytest.mark.parametrize("p", [p for p in ALL if condition(p)], ids=lambda p: p.name)


every_primitive = primitives(lambda p: True)


def all_cases(p: Primitive) -> list[Apply]:
    """Applications at sizes that are all different, and with axes of size 1."""
    if p.name == "std":  # of one number it is 0, where it has no derivative
        return cases("std") + cases("std", k=ONE)
    return cases(p.name) + cases(p.name, m=ONE) + cases(p.name, n=ONE)


def reference(e: Apply, at: Floats) -> np.ndarray:
    """The value of the outermost primitive by NumPy, that of its arguments by the evaluator."""
    args = [at.tensor(a) for a in e.args]
    if e.op.elementwise:
        return np.asarray(ELEMENTWISE[e.op.name](*args))
    match e.op.name:
        case "matmul":
            return args[0] @ args[1] if e.shape != e.args[0].shape + e.args[1].shape else np.multiply.outer(*args)
        case "kron":
            full = [a if a.ndim == 2 else a[None] if x.row else a[:, None] for a, x in zip(args, e.args, strict=True)]
            return np.kron(*full).reshape(tuple(n.evaluate(at.sizes) for n in e.shape))
        case "einsum":
            return np.einsum(e.params[0], *args)
        case name:
            return np.asarray(REFERENCE[name](*args, *map(at.extents, e.params)))


@primitives(lambda p: p.define)
def test_its_definition_is_what_numpy_computes(p: Primitive) -> None:
    for e in all_cases(p):
        at = Floats(point(e, SIZES), SIZES)
        found = at.tensor(e)
        assert found.shape == tuple(n.evaluate(SIZES) for n in e.shape)
        np.testing.assert_allclose(found, reference(e, at), rtol=1e-12, atol=1e-13)


def claimed(e: Apply, k: int, at: Floats) -> np.ndarray:
    """The Jacobian that the primitive declares."""
    p, a = e.op, e.args[k]
    ix, jx = (tuple(fresh(n) for n in t.shape) for t in (e, a))
    args, subs = e.args, (tuple(map(affine, ix)), tuple(map(affine, jx)))
    if p.jacobian is not None:
        body = p.jacobian(e.args, e.params, e, subs[0], k, subs[1])
        return at.entries(ix + jx, body)
    assert p.partials is not None
    rule = p.partials[k]
    assert rule is not None
    scalars = tuple(access(x, *subs[0]) if x.shape else x for x in args)
    d = at.entries(ix, rule(scalars, access(e, *subs[0])))
    out = np.zeros(tuple(n.evaluate(SIZES) for n in e.shape + a.shape))
    for place in np.ndindex(*d.shape):
        source = tuple(0 if n is ONE else i for i, n in zip(place, a.shape, strict=False))
        out[place + source] = d[place]
    return out


def differences(e: Apply, k: int, at: Floats, step: float = 1e-5) -> np.ndarray:
    """The Jacobian of the reference by central differences of the fourth order."""
    args = [at.tensor(a).astype(float) for a in e.args]

    def value() -> np.ndarray:
        here = Floats(at.values, at.sizes)
        here.memo.update(zip(e.args, args, strict=True))
        return reference(e, here).astype(float)

    out = np.zeros(value().shape + args[k].shape)
    for place in np.ndindex(*args[k].shape):
        old, total = args[k][place], 0.0
        for times, weight in ((1, 8), (-1, -8), (2, -1), (-2, 1)):
            args[k] = args[k].copy()
            args[k][place] = old + times * step
            total = total + weight * value()
        args[k][place] = old
        out[(..., *place)] = total / (12 * step)
    return out


@primitives(lambda p: (p.jacobian or p.partials) and p.name not in OPAQUE)
def test_its_derivative_agrees_with_central_differences(p: Primitive) -> None:
    for e in all_cases(p):
        at = Floats(point(e, SIZES, seed=1), SIZES)
        for k in range(len(e.args)):
            if p.partials is not None and p.partials[k] is None:
                continue
            np.testing.assert_allclose(
                claimed(e, k, at), differences(e, k, at), rtol=1e-6, atol=1e-8, err_msg=f"{p.name}, argument {k}"
            )


@primitives(lambda p: p.expand)
def test_its_expansion_is_its_value(p: Primitive) -> None:
    assert p.expand is not None
    x = cr.scalar("x")
    for value in (-3.3, -0.7, 0.4, 1.9):
        at = Floats({"x": value}, {})
        np.testing.assert_allclose(at.tensor(p.expand(x)), ELEMENTWISE[p.name](value), rtol=1e-13)


@primitives(lambda p: p.elementwise and isinstance(p.numpy, str))
def test_its_template_computes_what_it_means_without_a_warning(p: Primitive) -> None:
    e = cases(p.name)[0] if cases(p.name) else p(cr.vector("x", "n"), cr.vector("y", "n"))
    args = [Floats(point(e, SIZES), SIZES).tensor(a) for a in e.args]
    if e.op.name == "where":
        args[0] = args[0] > 0
    names = {f"a{i}": a for i, a in enumerate(args)}

    def run(values: dict[str, np.ndarray]) -> np.ndarray:
        return eval(p.numpy.format(*values), {"np": np, "erf": erf, "sigmoid": sigmoid}, values)

    np.testing.assert_allclose(run(names), ELEMENTWISE[p.name](*args), rtol=1e-12)
    if p.domain is None and p.name not in ("exp", "sinh", "cosh", "pow", "where"):
        far = {k: a * 1000 for k, a in names.items()}
        assert np.isfinite(run(far)).all()


@every_primitive
def test_it_says_what_it_is_and_why_its_derivative_is_right(p: Primitive) -> None:
    assert p.reason
    assert p.summary
    assert p.example
    assert p.define or p.jacobian
    assert p.build is not None or not p.call


@every_primitive
def test_an_access_to_it_is_differentiable_or_says_so(p: Primitive) -> None:
    """Every argument has a rule, or is declared to be one that nothing perturbs."""
    if p.partials is not None:
        args = {"where": 3, "gt": 2, "ge": 2, "lt": 2, "le": 2}.get(p.name, len(p.partials))
        assert len(p.partials) == args
    elif p.jacobian is None:
        assert p.expand is not None or not p.elementwise
        assert p.define is not None


def test_every_name_of_the_language_is_a_function() -> None:
    names = """
        exp log sin cos tan asin acos atan sinh cosh tanh sqrt abs sign relu step sigmoid softplus logsigmoid silu gelu
        gelu_tanh erf square leaky_relu elu selu mish hardtanh maximum minimum where
        sum mean var std max min prod logsumexp norm1 norm2 softmax log_softmax cumsum
        tr det logdet inv diag vec outer kron hadamard cholesky ones zeros eye
        einsum permute reshape unsqueeze slice concat stack gather conv1d conv2d maxpool1d maxpool2d avgpool1d avgpool2d
    """.split()  # noqa: SIM905 - a list would be longer than this test
    assert not set(names) - set(table)
    assert all(table[n].__doc__ for n in names)


@pytest.mark.parametrize("wrong", ["sign", "delta"])
def test_the_law_of_differences_notices_a_wrong_sign_and_a_lost_delta(wrong: str) -> None:
    """Were the law blind, the other tests would say nothing."""
    e = cases("softmax")[0]
    at = Floats(point(e, SIZES), SIZES)
    right = claimed(e, 0, at)
    broken = -right if wrong == "sign" else right - np.diag(at.tensor(e))
    assert not np.allclose(broken, differences(e, 0, at), rtol=1e-6, atol=1e-8)


def test_axes_of_size_one_are_read_at_zero() -> None:
    X = cr.matrix("X", 1, "n")
    i, j = fresh(1), fresh("n")
    entry = access(X, i, j)
    assert isinstance(entry, Access)
    assert entry.subs[0] is affine(0)
    assert intern(Array, (i, j), entry).shape == (size(1), size("n"))
