"""The golden derivations: what a person has read is what is printed."""

from __future__ import annotations

import importlib.util
import sys
from itertools import pairwise
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("golden", Path(__file__).with_name("golden.py"))
assert spec is not None
assert spec.loader is not None
golden = importlib.util.module_from_spec(spec)
sys.modules["golden"] = golden
spec.loader.exec_module(golden)


@pytest.mark.parametrize("case", golden.CASES, ids=lambda c: c.name)
def test_a_derivation_is_the_one_that_has_been_read(case: golden.Case) -> None:  # type: ignore[name-defined]
    assert case.text() == case.path.read_text(encoding="utf-8"), (
        "if the new derivation is better: python tests/explain/golden.py, and read the difference"
    )


def test_every_golden_file_has_its_case() -> None:
    assert {p.name for p in golden.FOLDER.glob("*.txt")} == {c.path.name for c in golden.CASES}


@pytest.mark.parametrize("case", golden.CASES, ids=lambda c: c.name)
def test_every_step_holds_and_follows_from_the_one_before(case: golden.Case) -> None:  # type: ignore[name-defined]
    d = case.derive()
    assert all(a.after is b.before for a, b in pairwise(d.steps))
    assert {s.verdict for s in d.steps} <= {"proved", "judged"}
    assert all(s.reason and s.rule for s in d.steps)
