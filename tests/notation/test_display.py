"""How expressions look: Unicode, LaTeX, the four forms, and their length."""

from __future__ import annotations

import pytest
from latex2mathml.converter import convert

from chainrule import equal
from chainrule.core.expr import Partial, access, intern
from chainrule.core.index import fresh
from chainrule.core.primitive import registry
from chainrule.notation.forms import FORMS, latex, text
from chainrule.notation.latex import to_latex
from chainrule.notation.operations import operations
from chainrule.notation.parser import parse
from chainrule.notation.pretty import pretty
from chainrule.notation.text import given_text
from chainrule.notation.words import functions

GIVEN = (
    "W: m n; x, v: n; y, b: m; S: n n symmetric; X: m n; t: scalar positive; J: function(m); s: elementwise; "
    "beta: scalar; W1: m n; H: function(m, n)"
)

LOOKS = [
    ("DJ(W*x + b)*x'", "∂J/∂z xᵀ where z = W x + b", None),
    ("DJ(y)*x'", "∂J/∂y xᵀ", r"\frac{\partial J}{\partial y} x^{\top}"),
    ("D2J(y)*W", "∂²J/∂y² W", r"\frac{\partial^{2} J}{\partial y^{2}} W"),
    ("DJ(y)[i]*x[j]", "∂J/∂y_i x_j", r"\frac{\partial J}{\partial y_{i}} x_{j}"),
    ("D2J(y)[i, j]", "∂²J/(∂y_i ∂y_j)", r"\frac{\partial^{2} J}{\partial y_{i} \partial y_{j}}"),
    ("Ds(x).*v", "s′(x) ⊙ v", r"s'\left(x\right) \odot v"),
    ("sum[k](W[i, k]*x[k])", "Σ_k W_ik x_k", r"\sum_{k} W_{ik} x_{k}"),
    ("delta[i, j]*x[i]*v[j]", "δ_ij x_i v_j", r"\delta_{ij} x_{i} v_{j}"),
    ("x[i+1]*v[i]", "x_{i+1} v_i", r"x_{i+1} v_{i}"),
    ("sum[k](W[i, k])*y[i]", "(Σ_k W_ik) y_i", r"\left(\sum_{k} W_{ik}\right) y_{i}"),
    ("(x'*v)*x", "(xᵀ v) x", r"\left(x^{\top} v\right) x"),
    ("x'*v*t", "xᵀ v t", r"x^{\top} v t"),
    ("inv(S)'*x", "S⁻ᵀ x", r"S^{-\top} x"),
    ("inv(S)*x", "S⁻¹ x", r"S^{-1} x"),
    ("S^2*x", "S² x", r"S^{2} x"),
    ("(S^2)'*x", "(S²)ᵀ x", r"\left(S^{2}\right)^{\top} x"),
    ("(W'*y).*v", "Wᵀ y ⊙ v", r"W^{\top} y \odot v"),
    ("W'*(y.*b)", "Wᵀ (y ⊙ b)", r"W^{\top} \left(y \odot b\right)"),
    ("-(t + beta)", "−(t + β)", r"-\left(t + \beta\right)"),
    ("-(S + S')*x/n", "−(S + Sᵀ) x/n", r"-\frac{\left(S + S^{\top}\right) x}{n}"),
    ("(-(x + v))'*x", "(−(x + v))ᵀ x", r"\left(-\left(x + v\right)\right)^{\top} x"),
    ("x .* -(x + v)", "x ⊙ (−(x + v))", r"x \odot \left(-\left(x + v\right)\right)"),
    ("-(t + beta)/n", "−(t + β)/n", r"-\frac{t + \beta}{n}"),
    ("x - -v", "x + v", "x + v"),
    ("x + -v", "x − v", "x - v"),
    ("x - (v - x)", "x − (v − x)", r"x - \left(v - x\right)"),
    ("2*3", "2 · 3", r"2 \cdot 3"),
    ("1e30*x", "1e30 x", r"10^{30} x"),
    ("0.5*norm2(x)^2", "½ ‖x‖²", r"\frac{1}{2} \left\lVert x \right\rVert_{2}^{2}"),
    ("(sigmoid(x) - v)/n", "(σ(x) − v)/n", r"\frac{\sigma\left(x\right) - v}{n}"),
    ("x/(t*beta)", "x/(t β)", r"\frac{x}{t \beta}"),
    ("t^-0.5", "t^(−½)", r"t^{-\frac{1}{2}}"),
    ("sqrt(t + 1)*abs(t)", "√(t + 1) |t|", None),
    ("W1*x", "W₁ x", r"W_{1} x"),
    ("W1[i, k]*x[k]", "W₁_ik x_k", r"W_{1,ik} x_{k}"),
    ("W[1, 2] + W[12, i]*x[13]", "W_{1,2} + W_{12,i} x₁₃", r"W_{1,2} + W_{12,i} x_{13}"),
    ("W1[1, 2]*x[3]", "(W₁)_{1,2} x₃", r"\left(W_{1}\right)_{1,2} x_{3}"),
    ("x'[2]*delta[1, 2]", "(xᵀ)₂ δ_{1,2}", r"\left(x^{\top}\right)_{2} \delta_{1,2}"),
    ("eye(n)*x + ones(n)", "I_n x + 𝟏_n", r"I_{n} x + \mathbf{1}_{n}"),
    ("kron(X, S)", "X ⊗ S", r"X \otimes S"),
    ("where(x > 0, x, 0)", "where(x > 0, x, 0)", None),
    ("log_softmax(X, 1)", "log softmax(X, 1)", None),
    ("x.^2", "x²", r"x^{2}"),
    ("X.^2", "X^⊙2", r"X^{\odot 2}"),
    ("p = softmax(x); diag(p) - p*p'", "diag(p) − p pᵀ where p = softmax(x)",
     r"\operatorname{diag}\left(p\right) - p p^{\top} \quad\text{where}\quad p = \operatorname{softmax}\left(x\right)"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "shown", "tex"), LOOKS)
def test_how_it_looks(program: str, shown: str, tex: str | None) -> None:
    e = parse(program, GIVEN)
    assert pretty(e) == shown
    if tex is not None:
        assert to_latex(e) == tex


SCRIPTS = {"W1": ("W", "1"), "W2": ("W", "l+1"), "delta2": ("delta", "2"), "a1": ("a", "1"), "Q": ("W_h", "q")}
LAYERS = [
    ("W1*a1", "W¹ a¹", "W^{1} a^{1}"),
    ("W2'*delta2", "(Wˡ⁺¹)ᵀ δ²", r"\left(W^{l+1}\right)^{\top} \delta^{2}"),
    ("a1.^2", "(a¹)²", r"\left(a^{1}\right)^{2}"),
    ("inv(W1)'*a1", "(W¹)⁻ᵀ a¹", r"\left(W^{1}\right)^{-\top} a^{1}"),
    ("W1[i, j]*a1[j]", "W¹_ij a¹_j", "W^{1}_{ij} a^{1}_{j}"),
    ("sqrt(a1)", "√(a¹)", r"\sqrt{a^{1}}"),
    ("Q[i, j]", "W_h^q_ij", "{W_{h}}^{q}_{ij}"),
    ("D2J(a1)", "∂²J/∂(a¹)²", r"\frac{\partial^{2} J}{\partial \left(a^{1}\right)^{2}}"),
    ("b1 + a1", "b₁ + a¹", "b_{1} + a^{1}"),
]


@pytest.mark.parametrize(("program", "shown", "tex"), LAYERS)
def test_a_name_with_a_script_is_a_letter_with_a_superscript(program: str, shown: str, tex: str) -> None:
    e = parse(program, "W1, W2, Q: n n; a1, b1, delta2: n; J: function(n)")
    assert pretty(e, scripts=SCRIPTS) == shown
    assert to_latex(e, scripts=SCRIPTS) == tex
    assert convert(tex)


def test_a_part_with_a_name_takes_a_script_too() -> None:
    e = parse("z1 = W*x; tanh(z1).*z1", "W: n n; x: n")
    assert pretty(e, scripts={"z1": ("z", "1")}) == "tanh(z¹) ⊙ z¹ where z¹ = W x"


def test_a_partial_derivative_shows_what_by_what() -> None:
    w, y = parse("W", GIVEN), parse("W*x", GIVEN)
    i, j, k = fresh("m", "i"), fresh("n", "j"), fresh("m", "k")
    e = intern(Partial, access(y, k), access(w, i, j))
    assert pretty(e) == "∂(W x)_k/∂W_ij"
    assert to_latex(e) == r"\frac{\partial \left(W x\right)_{k}}{\partial W_{ij}}"
    assert e.text() == "partial[W[i, j]]((W*x)[k])"


EXAMPLES = {
    "reshape": "X: m n", "gather": "E: n k; idx: r index(n)", "conv1d": "X: c l; T: o c k",
    "conv2d": "T: c h w; K: o c k l", "opaque": "J: function(m)", "opaque_elementwise": "s: elementwise",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(registry))
def test_every_primitive_is_shown_in_every_form(name: str) -> None:
    given = EXAMPLES.get(name, "")
    e = parse(registry[name].example, given)
    for form in FORMS:
        tex = latex(e, form)
        assert tex.count("{") == tex.count("}")
        assert "object" not in tex
        assert "None" not in tex
        assert "Size(" not in tex
        assert convert(tex).startswith("<math")
        assert text(e, form)
    assert parse(text(e), given) is e
    for form in ("index", "einsum"):
        read = parse(text(e, form), given_text(e))
        assert read.shape == e.shape
        assert equal(read, e).equal


def test_every_function_of_the_language_is_documented_by_its_example() -> None:
    missing = [n for n in functions() if n in registry and not registry[n].example]
    assert not missing


@pytest.mark.parametrize(
    ("program", "index", "element", "einsum"),
    [
        ("W*x + b", "sum[k](W[i, k]*x[k]) + b[i]", "Σ_k W_ik x_k + b_i",
         'einsum("ij,j->i", W, x) + einsum("i->i", b)'),
        ("p = softmax(x); diag(p) - p*p'", "p = softmax(x); p[i]*delta[i, j] - p[i]*p[j]",
         "p_i δ_ij − p_i p_j where p = softmax(x)",
         'p = softmax(x); einsum("i,ij->ij", p, eye(n)) - einsum("i,j->ij", p, p)'),
        ("tr(S*S)", "sum[k, l](S[l, k]*S[k, l])", "Σ_k Σ_l S_lk S_kl", 'einsum("ij,ji->", S, S)'),
        ("J(y)", "J(y)", "J(y)", "J(y)"),
    ],
)  # fmt: skip
def test_the_other_forms(program: str, index: str, element: str, einsum: str) -> None:
    e = parse(program, GIVEN)
    assert [text(e, form) for form in FORMS[1:]] == [index, element, einsum]


@pytest.mark.parametrize(
    ("program", "count"),
    [
        ("x", 0), ("-x", 1), ("W'*y", 1), ("2*x", 1), ("-2*x", 2), ("x'*x", 1), ("W*x + W*x", 2), ("eye(n)*x", 1),
        ("vector(2) + x", 1), ("-einsum(\"ik,lj->ijkl\", inv(S), inv(S))", 3), ("DJ(W*x + b)*x'", 4), ("t^-2", 1),
        ("x/(m*n)", 1), ("(W'*y).*(1 - x.^2)", 4), ("sum(x, 0, keep)", 1),
    ],
)  # fmt: skip
def test_operations_are_counted_once(program: str, count: int) -> None:
    assert operations(parse(program, GIVEN)) == count


def test_a_power_of_an_entry_of_a_layer_is_bracketed() -> None:
    e = parse("a1[i]^2", given="a1: n")
    scripts = {"a1": ("a", "1")}
    assert pretty(e, scripts=scripts) == "(a¹_i)²"
    assert to_latex(e, scripts=scripts) == r"\left(a^{1}_{i}\right)^{2}"


def test_numbers_of_an_entry_stand_together_only_beside_the_number_of_a_layer() -> None:
    e = parse("W1[1, 2]", given="W1: m n")
    assert pretty(e, scripts={"W1": ("w", "1")}) == "w¹₁₂"
    assert to_latex(e, scripts={"W1": ("w", "1")}) == "w^{1}_{12}"
