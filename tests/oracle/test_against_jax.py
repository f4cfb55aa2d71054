"""Every case is derived, compiled and compared with JAX, which knows nothing of our rules."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from case_files import given, load

pytest.importorskip("jax", reason="JAX is not installed; `make oracle` installs it")

CASES = load("cases.json", "more.json")
BY_ID = {p["id"]: p for p in CASES}
pytestmark = pytest.mark.filterwarnings("default")  # JAX warns about its own future


@cache
def outcome(name: str) -> Any:
    from judging import judge

    return judge(BY_ID[name])


@pytest.mark.parametrize("p", CASES, ids=[p["id"] for p in CASES])
def test_a_derivative_is_what_jax_finds_and_every_step_of_it_is_verified(p: dict[str, Any]) -> None:
    out = outcome(p["id"])
    assert out.right, f"the value differs from JAX's by {out.error:.3g}"
    assert not out.faults


@pytest.mark.parametrize("p", [p for p in CASES if p["known"]], ids=[p["id"] for p in CASES if p["known"]])
def test_the_textbook_form_is_the_derivative(p: dict[str, Any]) -> None:
    """The data of the other tests: a known form that is wrong would set a wrong mark for lengths."""
    from jax_truth import Case, error

    import chainrule as cr

    f = cr.compile(cr.parse(p["known"]["expr"], given=given(p)), backend="numpy")
    for case in (Case(p, seed) for seed in (0, 1)):
        got = case.value(f, p["known"]["layout"])
        assert error(got + 0 * case.truth if got.ndim == 0 else got, case.truth) < 1e-9


def test_forms_are_as_short_as_the_textbook_form_in_nine_cases_of_ten() -> None:
    has = [p for p in CASES if p["known"] and "einsum" not in p["known"]["expr"]]
    outcomes = [(p, outcome(p["id"])) for p in has]
    formed = [(p, o) for p, o in outcomes if o.matrix]
    short = [o for p, o in formed if (o.operations or 0) <= max(p["known"]["ops"]["dag"], 1)]
    assert len(formed) >= 0.95 * len(has), [p["id"] for p, o in outcomes if not o.matrix]
    assert len(short) >= 0.9 * len(formed)
