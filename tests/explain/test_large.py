"""Expressions that are deep, long or shared many times over: no recursion limit, and no time that doubles a level."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import chainrule as cr
from chainrule.core.expr import const
from chainrule.errors import ChainruleError
from chainrule.primitives.arithmetic import HIGHEST_POWER

LEVELS = 60


def doubled(sign: str) -> str:
    return ";".join(f"x{i + 1} = x{i}{sign}x{i}" for i in range(LEVELS))


@pytest.mark.parametrize(
    ("text", "given", "result"),
    [
        (f"{doubled('+')}; x{LEVELS}", "x0: n", f"{2**LEVELS}*eye(n)"),
        (f"{doubled('+')}; x{LEVELS}", "x0: scalar", f"{2**LEVELS}"),
        (f"{doubled('*')}; x{LEVELS}", "x0: scalar", f"{2**LEVELS}*x0^{2**LEVELS - 1}"),
        (f"{doubled('.*')}; sum(x{LEVELS})", "x0: n", None),
        (f"{doubled('*')}; tr(x{LEVELS})", "x0: n n", None),
        ("exp(" * 400 + "x0" + ")" * 400, "x0: scalar", None),
        ("-" * 1000 + "x0", "x0: n", "eye(n)"),
        ("x0" + "'" * 5000, "x0: n", "eye(n)"),
        ("+".join(["a*x0"] * 300), "a: scalar; x0: n", "300*a*eye(n)"),
        ("*".join(["x0"] * 20) + "*y", "x0: n n; y: n", None),
        ("x0^99999999", "x0: scalar", "99999999*x0^99999998"),
    ],
)
def test_it_is_differentiated_in_a_moment(text: str, given: str, result: str | None) -> None:
    d = cr.derive(cr.parse(text, given=given), "x0")
    assert result is None or d.text() == result
    for form in ("index", "element", "einsum"):
        d.text(form)


@pytest.mark.parametrize("text", ["2^20000*x0", "9^99999999*x0", "x0*(1/2)^999999"])
def test_a_number_that_nobody_could_read_is_refused(text: str) -> None:
    with pytest.raises(ChainruleError, match="thousands of digits"):
        cr.parse(text, given="x0: scalar")


@pytest.mark.parametrize("text", ["X^200", "tr(X^200)", "tr(X^62)", "tr(X^-33)"])
def test_a_derivative_of_too_many_terms_is_refused(text: str) -> None:
    with pytest.raises(ChainruleError, match="too long to write"):
        cr.derive(cr.parse(text, given="X: n n"), "X")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (f"tr(X^{HIGHEST_POWER})", f"{HIGHEST_POWER}*(X^{HIGHEST_POWER - 1})'"),
        (f"tr(X^-{HIGHEST_POWER})", f"-{HIGHEST_POWER}*(inv(X)^{HIGHEST_POWER + 1})'"),
        ("tr(X^-4)", "-4*(inv(X)^5)'"),
    ],
)
def test_powers_of_a_matrix_up_to_the_highest_are_differentiated(text: str, result: str) -> None:
    d = cr.derive(cr.parse(text, given="X: n n"), "X")
    assert d.text() == result
    assert all(s.verdict in ("proved", "judged", "given") for s in d.steps)


def test_a_negative_power_of_a_matrix_is_the_power_of_its_inverse() -> None:
    given = "A, X: n n"
    power, inverse = (cr.parse(text, given=given) for text in ("tr(A*X^-3)", "tr(A*inv(X)^3)"))
    assert cr.equal(cr.grad(power, "X"), cr.grad(inverse, "X")).equal
    v = cr.matrix("V", "n", "n")
    assert cr.equal(cr.jvp(power, {"X": v}), cr.sum(cr.grad(inverse, "X") * v)).equal


HUGE = const(10) ** (10**10)
SCALAR = cr.scalar("x0")


def test_a_power_that_is_not_worked_out_is_carried_along() -> None:
    d = cr.derive(HUGE * SCALAR, "x0")
    assert d.text() == "10^10000000000"
    assert "np.inf" in d.to_dict()["code"]["numpy"]
    assert cr.equal(HUGE, HUGE * 1).equal
    assert cr.equal(HUGE * SCALAR, SCALAR).equal is False
    assert cr.compile(const(10) ** -(10**10) * SCALAR)(x0=1.0) == 0


@pytest.mark.parametrize("make", [lambda: const(10**5000), lambda: SCALAR * 10**5000, lambda: SCALAR / 3**9000])
def test_a_number_that_python_would_not_print_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ChainruleError, match="more than 4000 digits"):
        make()


def test_arrays_that_fit_no_memory_are_refused_in_words() -> None:
    with pytest.raises(ChainruleError, match="too large"):
        cr.eye(10**7).evaluate()
