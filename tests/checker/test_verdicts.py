"""Derivations that are right, and the same with one mistake: no right line is accused, and the mistake is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chainrule as cr
from chainrule.checker import doctor, verdicts

DOCUMENTS = Path(__file__).parent / "documents"
RIGHT = sorted(p.name for p in DOCUMENTS.glob("*.md"))
MORE = Path(__file__).parent / "right"
WRONG = Path(__file__).parent / "wrong"
LABELS: dict[str, dict[str, Any]] = json.loads((WRONG / "labels.json").read_text(encoding="utf-8"))
# What is wrong in these is not found yet: they are not understood there, and nothing else in them is accused.
MISSED = {
    "adam.md", "ar-adam.md", "da-lstm.md", "da-rnn.md", "da-tied.md", "di-logreg.md", "di-tanh.md", "do-softmax.md",
    "ds-tanh.md", "dt-residual.md", "dt-scalar.md", "fo-norm.md", "fo-prime.md", "fo-wls.md", "ft-chinese.md",
    "ft-distill.md", "hi-attn.md", "hi-attn1.md", "hm-sub.md", "inverse-diff.md", "lm-denom.md", "lm-jac.md",
    "lm-numer.md", "lo-sub.md", "log-sum-exp.md", "logdet.md", "mh-lstm.md", "mh-super.md", "mt-batch-cols.md",
    "mt-trace.md", "newton.md", "ot-mvn.md", "ridge-no-reg.md", "rnn-bptt.md", "sa-residual.md", "sa-sub.md",
    "sa-super.md", "sf-attn-V.md", "sf-numer.md", "sh-bptt.md", "sh-rowmlp.md", "sigma-prime-of-a.md",
    "sk-softmax2.md", "softmax-temp.md", "sw-two.md", "to-gru.md", "to-lstm.md", "to-rnn.md", "us-hinge.md",
    "us-mse.md", "variance.md", "wi-batch.md",
}  # fmt: skip

# document, what is right in it, what is put in its place, the kind of mistake that this is
MISTAKES = [
    ("logistic-regression", r"\frac{1}{N}(p_n - y_n)$$", r"\frac{1}{N}(y_n - p_n)$$", "sign"),
    ("logistic-regression", r"\frac{1}{N} X^\top (p-y)", r"X^\top (p-y)", "missing-factor"),
    ("logistic-regression", r"\frac{1}{N} X^\top (p-y)", r"\frac{1}{N} X (p-y)", "missing-transpose"),
    ("logistic-regression", "= p_n(1-p_n)", "= z_n(1-z_n)", "sigma-prime-argument"),
    ("logistic-regression", r"\frac1N \sum_{n=1}^N (p_n - y_n)", r"\frac1N (p_n - y_n)", "dropped-sum"),
    ("recurrent", "W^\\top \\delta_t$$\n\n", "W \\delta_t$$\n\n", "missing-transpose"),
    ("recurrent", r"(1 - h_{t-1}^2) \odot", r"(1 - h_{t}^2) \odot", "time-off-by-one"),
    ("recurrent", r"(1 - h_{t-1}^2) \odot (W", "(W", "dropped-sigma-prime"),
    (
        "recurrent",
        r"\operatorname{diag}(1 - h_t \odot h_t) W",
        r"W \operatorname{diag}(1 - h_t \odot h_t)",
        "swapped-factors",
    ),
    ("attention", r"= A^\top G", "= A G", "missing-transpose"),
    ("attention", r"= G V^\top", r"= V^\top G", "swapped-factors"),
    ("attention", r"\frac{1}{\sqrt{d}} P K$$", "P K$$", "missing-factor"),
    ("attention", r"A_{ij}(\delta_{jk} - A_{ik})", "A_{ij}(1 - A_{ij})", "diagonal-only-jacobian"),
    ("batch-norm", r"= \gamma \frac", r"= \frac", "missing-factor"),
    ("batch-norm", r"\frac{2}{m}(x_i", r"\frac{1}{m}(x_i", "missing-factor"),
    ("batch-norm", r"= -\frac{1}{2}(v", r"= \frac{1}{2}(v", "sign"),
    ("ridge", r"+ \lambda x$$", "$$", "dropped-term"),
    ("ridge", r"A^\top A + \lambda I", r"A A^\top + \lambda I", "swapped-factors"),
    ("linear-batch", r"= G^\top \mathbf{1}", "= G", "bias-not-summed"),
    ("linear-batch", r"= \sum_{n=1}^N G_{nj}", "= G_{nj}", "dropped-sum"),
    ("linear-batch", r"W - \eta X^\top G", r"W + \eta X^\top G", "update-sign"),
    ("cross-entropy", r"p_i(\delta_{ij} - p_j)", r"p_i(\delta_{ij} + p_j)", "sign"),
    ("sigmoid-numbers", r"0.25 \\ 0.65", r"0.25 \\ 0.55", "arithmetic"),
    ("sigmoid-numbers", "= 0.0922", "= 0.1844", "missing-factor"),
    ("layers-in-general", "(W^{(l+1)})^T", "(W^{(l)})^T", "layer-off-by-one"),
    ("traces", r"= (S + S^\top) v", "= 2 S v", "assumed-symmetry"),
    ("softmax-korean", r"= (\hat y - y)x^T", r"= x^T(\hat y - y)", "outer-inner"),
]


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time enough to find the mistake, however busy the machine is and however much the tests before have left."""
    monkeypatch.setattr(doctor, "SECONDS", 60.0)
    monkeypatch.setattr(verdicts, "SECONDS", 120.0)


@pytest.mark.parametrize("name", RIGHT)
def test_no_line_of_a_right_derivation_is_accused(name: str) -> None:
    report = cr.check(DOCUMENTS / name)
    assert not [c for c in report.claims if c.verdict in ("wrong", "follows")]
    assert report.summary["not understood"] == 0
    assert report.summary["right"] > 0


@pytest.mark.parametrize("name", sorted(p.name for p in MORE.glob("*.md")))
def test_no_line_is_accused_for_what_it_rests_on(name: str) -> None:
    """Cases, assumptions, equations to be solved, new values: right lines that are no identities."""
    claims = cr.check(MORE / name).claims
    assert claims
    assert [(c.line, c.latex) for c in claims if c.verdict in ("wrong", "follows")] == []


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("name", sorted(set(LABELS) - MISSED))
def test_the_wrong_line_is_the_first_that_is_accused(name: str) -> None:
    wrong = cr.check(WRONG / name).wrong
    assert wrong[0].line <= LABELS[name]["line"] <= wrong[0].end_line


@pytest.mark.parametrize("name", sorted(MISSED))
def test_no_other_line_is_accused(name: str) -> None:
    assert not cr.check(WRONG / name).wrong


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(("name", "right", "wrong", "kind"), MISTAKES)
def test_one_mistake_is_found_named_and_repaired(name: str, right: str, wrong: str, kind: str) -> None:
    text = (DOCUMENTS / f"{name}.md").read_text(encoding="utf-8")
    assert right in text
    report = cr.check(text.replace(right, wrong, 1))
    first = report.wrong[0]
    assert first.line == text[: text.index(right)].count("\n") + 1
    assert first.kind == kind
    assert first.repair
    mended = text.replace(right, wrong, 1).splitlines()
    assert not cr.check("\n".join(mended[: first.line - 1])).wrong


def test_a_line_that_is_right_but_for_an_earlier_one_follows() -> None:
    text = (
        r"$X = \begin{pmatrix} 1 & 2 \\ 0 & 1 \end{pmatrix}$ and $w = \begin{pmatrix} 1 \\ 3 \end{pmatrix}$."
        "\n\n"
        r"$$X w = \begin{pmatrix} 8 \\ 3 \end{pmatrix}$$"
        "\n\n"
        r"$$2 X w = \begin{pmatrix} 16 \\ 6 \end{pmatrix}$$"
    )
    claims = cr.check(text).claims
    assert [c.verdict for c in claims] == ["definition", "definition", "wrong", "follows"]
    assert claims[2].kind == "arithmetic"
    assert claims[2].repair == r"X w = \begin{pmatrix} 7 \\ 3 \end{pmatrix}"
    assert claims[3].because_of == 3


def test_what_nothing_is_known_of_is_not_understood() -> None:
    claims = cr.check(r"$$\frac{\partial Q}{\partial W} = R x^\top$$").claims
    assert [c.verdict for c in claims] == ["not understood"]


def test_a_path_is_read_and_text_is_text(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("For $x > 0$ let $y = x^2$.", encoding="utf-8")
    assert cr.check(file).summary == cr.check(str(file)).summary == cr.check(file.read_text()).summary


def test_the_report_is_the_contract_of_the_command_line() -> None:
    data = cr.check("For $x > 0$ let $y = x^2$.\n\n$$dy/dx = 3x$$").to_dict()
    assert list(data) == ["file", "claims", "summary"]
    assert data["claims"][-1]["line"] == 3
    assert data["summary"]["wrong"] == 1


CASES = r"""Let $z \in \mathbb{R}^K$ and $p_i = \frac{e^{z_i}}{\sum_{k=1}^K e^{z_k}}$.

For $i = j$:

$$\frac{\partial p_i}{\partial z_j} = p_i (1 - p_i)$$

For $i \neq j$:

$$\frac{\partial p_i}{\partial z_j} = - p_i p_j$$
"""


def test_a_case_counts_for_what_comes_after_it() -> None:
    assert [c.verdict for c in cr.check(CASES).claims] == ["definition"] * 3 + ["right", "definition", "right"]


def test_what_is_false_in_its_case_is_wrong() -> None:
    swapped = CASES.replace("i = j", "i X j").replace(r"i \neq j", "i = j").replace("i X j", r"i \neq j")
    assert cr.check(swapped).summary["wrong"] == 2
    assert cr.check(CASES.replace("- p_i p_j", "p_i p_j")).wrong[0].line == 9


@pytest.mark.parametrize("condition", [r"\quad (i \neq j)", r"\quad \text{if } i \neq j", r",\qquad i \ne j"])
def test_a_case_may_stand_in_the_line(condition: str) -> None:
    text = r"Let $p = \operatorname{softmax}(z)$ with $z \in \mathbb{R}^K$." + "\n\n"
    claim = r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j" + condition + "$$"
    assert cr.check(text + claim).summary["right"] == 1
    assert cr.check(text + claim.replace("-p_i", "2 p_i")).summary["wrong"] == 1


def test_a_case_of_values_is_looked_at_where_it_holds() -> None:
    text = "Let $a = \\max(0, z)$, $z \\in \\mathbb{R}$. If $z %s 0$ then\n\n$$\\frac{da}{dz} = 1$$"
    assert cr.check(text % ">").summary["right"] == 1
    assert cr.check(text % "<").summary["wrong"] == 1


def test_what_follows_from_an_equation_is_not_accused_but_a_wrong_gradient_is() -> None:
    text = r"""Let $w, c \in \mathbb{R}$ and $L = (w - c)^2$.

$$\frac{dL}{dw} = 2(w - c) = 0$$

$$w = c$$
"""
    claims = cr.check(text).claims
    assert [c.verdict for c in claims if c.line > 1] == ["right", "not understood", "not understood"]
    assert cr.check(text.replace("2(w - c)", "(w - c)")).wrong[0].line == 3


def test_numbers_are_recomputed_within_their_digits_and_no_further() -> None:
    for right in ("0.62 \\cdot 0.53 = 0.33", "\\frac23 \\approx 0.66", "e^{-5} \\approx 0", "\\frac72 = 3\\tfrac12"):
        assert cr.check(f"$${right}$$").summary["right"] == 1, right
    for wrong in ("0.6 \\cdot 0.5 = 0.35", "\\frac23 = 0.66", "e^{-5} \\approx 1.2", "2 \\cdot 0.5 + 0.1 = 1.2"):
        assert cr.check(f"$${wrong}$$").summary["wrong"] == 1, wrong


def test_after_a_step_a_symbol_may_be_its_old_value_or_its_new_one() -> None:
    text = r"""$w = 2$, $x = 3$, $\eta = 0.1$.

$$y = w x = 6$$

$$w := w - \eta x = 2 - 0.3 = 1.7$$

$$y = w x = %s$$
"""
    assert not cr.check(text % "5.1").wrong
    assert not cr.check(text % "6").wrong
    assert cr.check(text % "5.2").wrong


def test_a_function_is_taken_at_other_values() -> None:
    text = r"Let $f(x, y) = x^2 + 3 x y$ with $x, y \in \mathbb{R}$." + "\n\n$$f(1, 2) = %s$$"
    assert cr.check(text % "7").summary["right"] == 1
    assert cr.check(text % "8").wrong[0].repair == "f(1, 2) = 7"
