"""Documents with the repairs applied: what is changed is right afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import chainrule as cr
from chainrule.checker.repaired import repaired

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_is_repaired_in_one_line() -> None:
    report = cr.check(ROOT / "examples/homework/softmax.md")
    made = repaired(report)
    assert [c.line for c in made.changed] == [9]
    assert made.left == made.refused == ()
    old, new = report.text.splitlines(), made.report.text.splitlines()
    assert [n for n, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b] == [9]
    assert not cr.check(made.report.text).wrong


def test_lines_that_rested_on_a_wrong_one_are_repaired_after_it() -> None:
    text = "$a = 2$\n\n$$3 a = 7$$\n\n$$3 a + 1 = 7 + 1 = 8$$\n"
    made = repaired(cr.check(text))
    again = cr.check(made.report.text)
    assert made.report.text.splitlines()[2] == "$$3 a = 6$$"
    assert again.summary["wrong"] == again.summary["follows"] == 0


def test_a_repair_that_does_not_make_its_line_right_is_refused_and_named() -> None:
    report = cr.check("Let $x > 0$ and $y = x^2$.\n\n$$\\frac{dy}{dx} = -2x$$\n")
    [c] = report.wrong
    spoilt = replace(report, claims=tuple(replace(x, instead="5x") if x is c else x for x in report.claims))
    made = repaired(spoilt)
    assert made.report.text == report.text
    assert made.changed == ()
    assert [x.line for x in made.refused] == [3]


def test_a_right_document_stays_as_it_is() -> None:
    report = cr.check("Let $x > 0$ and $y = x^2$.\n\n$$\\frac{dy}{dx} = 2x$$\n")
    assert repaired(report).report is report
