"""A formula for all media: boxes that line up, LaTeX and MathML that say the same."""

from __future__ import annotations

import random
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from latex2mathml.converter import convert

from chainrule.notation.parser import parse
from chainrule.pages.boxes import width
from chainrule.pages.math import Math
from chainrule.pages.signs import SIGNS

SCRIPTS = {"W1": ("W", "1"), "delta2": ("delta", "2"), "a1": ("a", "l+1")}


def name(text: str) -> Math:
    return Math.name(text, SCRIPTS)


def number(top: int, bottom: int = 1) -> Math:
    return Math.number(Fraction(top, bottom))


COLUMN = Math.matrix([[number(1)], [number(-2, 3)]])
FORMULAS = [
    (name("W1"), "W¹", "W^{1}"),
    (name("b2"), "b₂", "b_{2}"),
    (number(13, 7), "13/7", r"\frac{13}{7}"),
    (number(-4), "−4", "-4"),
    (Math.decimal("-0.798…"), "−0.798…", r"-0.798\ldots"),
    (Math.transpose(name("W1")), "(W¹)ᵀ", r"\left(W^{1}\right)^{\top}"),
    (Math.transpose(name("x")), "xᵀ", r"x^{\top}"),
    (Math.sup(name("a1"), "2"), "(aˡ⁺¹)²", r"\left(a^{l+1}\right)^{2}"),
    (Math.sup(number(-1, 2), "2"), "(−1/2)²", r"\left(-\frac{1}{2}\right)^{2}"),
    (Math.sub(name("W1"), "ij"), "W¹_ij", "W^{1}_{ij}"),
    (Math.sub(name("W1"), "1"), "W¹₁", "W^{1}_{1}"),
    (Math.sub(name("x"), "i+1"), "x_{i+1}", "x_{i+1}"),
    (Math.partial(name("C"), name("W1")), "∂C/∂W¹", r"\frac{\partial C}{\partial W^{1}}"),
    (Math.bracket(name("x")), "(x)", r"\left(x\right)"),
    (Math.scaled(number(1, 2), name("x")), "(1/2) x", r"\frac{1}{2} x"),
    (Math.scaled(number(-1, 2), name("x")), "−(1/2) x", r"-\frac{1}{2} x"),
    (Math.scaled(number(2), number(-3)), "2 · (−3)", r"2 \cdot \left(-3\right)"),
    (Math.scaled(name("t"), Math.row(name("x"), Math.sign("+"), name("y"))), "t (x + y)", r"t \left(x + y\right)"),
    (Math.row(name("x"), Math.sign("="), Math.sign("-"), name("y")), "x = −y", "x = - y"),
    (Math.row(name("x"), Math.sign("−"), name("y"), Math.sign(","), name("z")), "x − y, z", "x - y , z"),
    (
        Math.row(name("x"), Math.words("50 % of_it"), name("y")),
        "x 50 % of_it y",
        r"x \; \text{50 }\%\text{ of}\_\text{it} \; y",
    ),
    (Math.of(parse("W1'*delta2", "W1: m n; delta2: m"), SCRIPTS), "(W¹)ᵀ δ²", r"\left(W^{1}\right)^{\top} \delta^{2}"),
]


@pytest.mark.parametrize(("m", "text", "latex"), FORMULAS, ids=[text for _, text, _ in FORMULAS])
def test_how_it_looks(m: Math, text: str, latex: str) -> None:
    assert str(m) == text
    assert m.latex == latex
    assert convert(m.latex)
    ET.fromstring(f"<math>{m.mathml}</math>")


def test_an_expression_within_another_formula_is_bracketed_where_it_must_be() -> None:
    total = Math.of(parse("x - y", "x, y: n"))
    assert str(Math.transpose(total)) == "(x − y)ᵀ"
    assert str(Math.scaled(number(2), total)) == "2 (x − y)"
    assert str(Math.transpose(Math.of(parse("x", "x: n")))) == "xᵀ"
    assert str(Math.sup(Math.of(parse("-x", "x: n")), "2")) == "(−x)²"


def test_a_matrix_is_a_box_whose_columns_line_up() -> None:
    m = Math.matrix([[number(1), number(-13, 7)], [number(10), number(3)], [number(0), number(0)]])
    assert m.text == ("⎡ 1  −13/7⎤", "⎢10      3⎥", "⎣ 0      0⎦")
    assert m.baseline == 1
    assert m.latex == r"\begin{pmatrix} 1 & -\frac{13}{7} \\ 10 & 3 \\ 0 & 0 \end{pmatrix}"
    assert ET.fromstring(m.mathml).find(".//mtable") is not None


def test_boxes_stand_with_their_middle_lines_level() -> None:
    three = Math.matrix([[number(n)] for n in range(3)])
    shown = Math.row(name("W1"), Math.sign("="), three, Math.transpose(COLUMN))
    assert [line.rstrip() for line in shown.text] == [
        "     ⎡0⎤",
        "W¹ = ⎢1⎥ ⎡   1⎤ᵀ",
        "     ⎣2⎦ ⎣−2/3⎦",
    ]


def test_boxes_of_any_height_stay_boxes() -> None:
    """Lines of equal width, the baseline in the middle, the same content in the same order."""
    rng = random.Random(1)

    def any_math(depth: int) -> Math:
        kind = rng.randrange(8) if depth else 0
        inner = [any_math(depth - 1) for _ in range(rng.randint(1, 3))] if depth else []
        match kind:
            case 1:
                return Math.row(*inner)
            case 2:
                return Math.matrix([[m] for m in inner])
            case 3:
                return Math.matrix([inner])
            case 4:
                return Math.bracket(inner[0])
            case 5:
                return Math.transpose(inner[0])
            case 6:
                return Math.partial(inner[0], inner[-1])
            case 7:
                return Math.scaled(inner[0], inner[-1])
            case _:
                return rng.choice([name("W1"), number(rng.randint(-9, 99)), number(2, 7), Math.sign("+")])

    for _ in range(300):
        m = any_math(3)
        assert {width(line) for line in m.text} == {m.width}
        assert m.baseline == (len(m.text) - 1) // 2
        ET.fromstring(f"<math>{m.mathml}</math>")
        assert m.latex.count("{") == m.latex.count("}")
        assert m.latex.count(r"\left") == m.latex.count(r"\right")


def test_a_row_of_equations_is_split_at_its_first_relation() -> None:
    left, right = Math.row(name("C"), Math.sign("="), name("x"), Math.sign("="), number(2)).split()
    assert (str(left), str(right)) == ("C", "= x = 2")
    left, right = Math.row(Math.sign("="), Math.sign("−"), name("x")).split()
    assert (str(left), str(right)) == ("", "= −x")
    assert name("x").split()[1] == name("x")


def test_a_minus_after_an_equals_sign_is_a_prefix_in_mathml() -> None:
    m = Math.row(name("x"), Math.sign("="), Math.sign("−"), name("y"), Math.sign("−"), name("z"))
    assert m.mathml.count('<mo form="prefix">−</mo>') == 1
    assert m.mathml.count("<mo>−</mo>") == 1


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_has_a_command_and_an_element(sign: str) -> None:
    m = Math.sign(sign)
    assert convert(m.latex)
    assert (ET.fromstring(m.mathml).text or "") in (sign, "∑", "⊤")
    assert m.text == (sign,)


def test_what_is_not_a_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="no sign"):
        Math.sign("<b>")


def test_words_are_escaped_in_every_medium() -> None:
    m = Math.words(r"<i>\input{x}</i> & $1")
    assert m.mathml == r"<mtext>&lt;i&gt;\input{x}&lt;/i&gt; &amp; $1</mtext>"
    shown = r"<\text{i}>\backslash \text{input}\{\text{x}\}<\text{/i}>\text{ }\&\text{ }\$\text{1}"
    assert m.latex == shown
