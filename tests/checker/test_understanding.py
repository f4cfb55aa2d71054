"""What the checker makes of dots, shapes, front matter, layouts and letters of which nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

import chainrule as cr
from chainrule.checker.report import Claim


def verdicts(text: str) -> list[str]:
    return [c.verdict for c in cr.check(text).claims]


def first_wrong(text: str) -> Claim:
    return cr.check(text).wrong[0]


LINEAR = r"Let $x \in \mathbb{R}^n$, $W \in \mathbb{R}^{m \times n}$, $y = W x$ and $L = L(y)$." + "\n\n"


OUTER = (
    r"x x^\top = \begin{pmatrix} x_1 x_1 & x_1 x_2 & \dots & x_1 x_n \\ \vdots & & & \vdots \\"
    r"{x_n x_1} & {x_n x_2} & \dots & {x_n x_n} \end{pmatrix}"
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\sum_{i=1}^n x_i^2 = x_1^2 + x_2^2 + \dots + x_n^2", r"\sum_{i=1}^n x_i^2 = x_1 + x_2 + \dots + x_n"),
        (
            r"\sum_{i=1}^n \delta_{ij} x_i = 0_1 + 0_2 + \dots + x_j + \dots + 0_n",
            r"\sum_{i=1}^n \delta_{ij} x_i = 0_1 + 0_2 + \dots + x_j^2 + \dots + 0_n",
        ),
        (
            r"\frac{\partial (x^\top x)}{\partial x} = (2 x_1, 2 x_2, \dots, 2 x_n)^\top",
            r"\frac{\partial (x^\top x)}{\partial x} = (x_1, x_2, \dots, x_n)^\top",
        ),
        (OUTER, OUTER.replace(" x_", " + x_")),
    ],
)
def test_dots_stand_for_the_general_term(right: str, wrong: str) -> None:
    assert verdicts(LINEAR + f"$${right}$$")[-1] == "right"
    assert verdicts(LINEAR + f"$${wrong}$$")[-1] != "right"


def test_dots_that_show_no_pattern_are_not_understood() -> None:
    claim = cr.check(LINEAR + r"$$\sum_{i=1}^n x_i = x_1 + x_7 + \dots + x_n$$").claims[-1]
    assert claim.verdict == "not understood"
    assert "term 2 is not like the first one" in claim.reason


def test_a_shape_is_a_claim_where_it_is_known() -> None:
    text = r"Let $x \in \mathbb{R}^{d \times 1}$ and $W \in \mathbb{R}^{m \times d}$." + "\n\n"
    assert verdicts(text + r"$$x^\top \in \mathbb{R}^{1 \times d}$$")[-1] == "right"
    assert verdicts(text + r"$$W x \in \mathbb{R}^{m}$$")[-1] == "right"
    claim = first_wrong(text + r"$$x^\top \in \mathbb{R}^{d \times 1}$$")
    assert claim.kind == "shape"
    assert claim.repair == r"x^\top \in \mathbb{R}^{1 \times d}"
    assert first_wrong(text + r"$$W^\top W \in \mathbb{R}^{m \times m}$$").repair == (
        r"W^\top W \in \mathbb{R}^{d \times d}"
    )


def test_gradients_by_matrices_keep_to_one_layout() -> None:
    text = LINEAR.replace("L(y)", r"\frac12 \|y - t\|^2")
    right = r"$$\frac{\partial L}{\partial W} = (y - t) x^\top$$" + "\n\n"
    turned = r"$$\frac{\partial L}{\partial W} = x (y - t)^\top$$"
    assert verdicts(text + right + turned)[-2:] == ["right", "wrong"]
    assert verdicts(text + right + "In the other layout\n\n" + turned)[-2:] == ["right", "right"]


def test_shapes_are_guessed_by_use() -> None:
    text = r"Let $z = W x + b$ and $L = \frac12 \|z - t\|^2$." + "\n\n"
    assert verdicts(text + r"$$\frac{\partial L}{\partial W} = (z - t) x^\top$$")[-1] == "right"
    claim = first_wrong(text + r"$$\frac{\partial L}{\partial x} = W (z - t)$$")
    assert (claim.kind, claim.repair) == ("missing-transpose", r"\frac{\partial L}{\partial x} = W^\top (z - t)")


def test_a_derivative_of_a_formula_is_no_loss_of_which_nothing_is_known() -> None:
    assert verdicts(r"Let $x \in \mathbb{R}$. $$\frac{d}{dx} a^x = a^x \ln a$$")[-1] == "right"


def test_gradients_of_several_numbers_are_columns() -> None:
    text = "Let $f(x, y) = x^2 y + y^3$.\n\n"
    assert verdicts(text + r"$$\nabla f = \begin{pmatrix} 2xy \\ x^2 + 3y^2 \end{pmatrix}$$")[-1] == "right"
    assert verdicts(text + r"$$\nabla^2 f = \begin{pmatrix} 2y & 2x \\ 2x & 6y \end{pmatrix}$$")[-1] == "right"
    assert verdicts(text + r"$$\nabla^2 f = \begin{pmatrix} 2y & 2x \\ 2x & 3y \end{pmatrix}$$")[-1] == "wrong"


def test_e_may_be_a_letter_of_the_document() -> None:
    text = "Let $e = y - t$ and $L = \\frac12 e^2$ with $y, t \\in \\mathbb{R}$.\n\n"
    assert verdicts(text + r"$$\frac{dL}{dy} = e$$")[-1] == "right"


def test_logarithms_and_norms_say_which_they_are() -> None:
    assert verdicts(r"$$\log_2 8 = 3$$") == ["right"]
    assert verdicts(r"$$\log_{10} 100 = 2$$") == ["right"]
    assert verdicts(r"Let $x \in \mathbb{R}^n$. $$\|x\|_1 = \sum_i |x_i|$$")[-1] == "right"
    assert verdicts(r"Let $x \in \mathbb{R}^n$. $$\|x\|_\infty = \sum_i |x_i|$$")[-1] == "not understood"


@pytest.mark.parametrize(
    "about",
    ["A common mistake is {}.", "~~{}~~", "It is not true that {}.", "| wrong | right |\n|---|---|\n| {} | |", "❌ {}"],
)
def test_what_is_shown_because_it_is_wrong_is_not_accused(about: str) -> None:
    assert "wrong" not in verdicts(about.replace("{}", r"$\frac{d}{dx} x^2 = x$"))
    assert "wrong" in verdicts(r"We have $\frac{d}{dx} x^2 = x$.")


# Front matter


def test_given_settles_shapes_and_facts(tmp_path: Path) -> None:
    text = "---\ngiven: |\n  W: m n; x: n\n  S: m m symmetric\n---\n\n"
    claim = r"$$\frac{\partial\, x^T W^T S W x}{\partial x} = 2 W^T S W x$$"
    assert verdicts(text + claim) == ["right"]
    assert verdicts(text.replace(" symmetric", "") + claim) == ["wrong"]
    numbered = '---\ngiven: "W1: n1 n0; x: n0; beta: scalar"\n---\n\n'
    assert verdicts(
        numbered + r"$$\frac{\partial (\beta \mathbf{1}^T W_1 x)}{\partial W_1} = \beta \mathbf{1} x^T$$"
    ) == ["right"]


NET = """
input = [1, 1]
target = [2, 3]
[[layer]]
weights = [[1, -2], [2, 4], [-3, 1]]
bias = [1, 2, 3]
activation = "identity"
[[layer]]
weights = [[1, 2, -3], [2, -1, 3]]
bias = [2, 1]
activation = "identity"
"""


@pytest.mark.parametrize(("layer", "loss"), [("^{%d}", "C"), ("^%d", "L"), ("_%d", "L")])
def test_net_is_a_whole_network(tmp_path: Path, layer: str, loss: str) -> None:
    (tmp_path / "net.toml").write_text(NET, encoding="utf-8")
    one, two = layer % 1, layer % 2
    right = rf"$$\frac{{\partial {loss}}}{{\partial W{two}}} = \delta{two} (a{one})^T$$" + "\n\n"
    wrong = rf"$$z{one} = \begin{{pmatrix}} 0 \\ 8 \\ -1 \end{{pmatrix}}$$" + "\n"
    file = tmp_path / "homework.md"
    file.write_text(f"---\nnet: net.toml\n---\n\n{right}{wrong}", encoding="utf-8")
    claims = cr.check(file).claims
    assert [c.verdict for c in claims] == ["right", "wrong"]
    assert claims[1].repair == rf"z{one} = \begin{{pmatrix}} 0 \\ 8 \\ 1 \end{{pmatrix}}"


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("given: W m n", "given, in the front matter: given, line 1, column 3: expected :"),
        ("net: no.toml", "net, in the front matter: "),
    ],
)
def test_front_matter_that_cannot_be_used_is_an_error(front: str, message: str) -> None:
    with pytest.raises(cr.DocumentError) as caught:
        cr.check(f"---\n{front}\n---\n\n$y = 1$\n")
    assert message in str(caught.value)
