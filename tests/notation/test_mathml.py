"""MathML: well-formed, made of what browsers have in common, and with the content of the text."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from chainrule.core.expr import Expr, Partial, access, intern
from chainrule.core.index import fresh
from chainrule.core.primitive import registry
from chainrule.explain.derive import grad, hessian
from chainrule.notation.mathml import NAMESPACE, element, mathml_name, to_mathml, tokens
from chainrule.notation.parser import parse

GIVEN = (
    "W: m n; x, v: n; y, b: m; S: n n symmetric; X: m n; t: scalar; J: function(m); s: elementwise; "
    "beta: scalar; W1: m n; H: function(m, n); bias_hidden: n"
)
EXAMPLES = {
    "reshape": "X: m n", "gather": "E: n k; idx: r index(n)", "conv1d": "X: c l; T: o c k",
    "conv2d": "T: c h w; K: o c k l", "opaque": "J: function(m)", "opaque_elementwise": "s: elementwise",
}  # fmt: skip
TOKENS = {"mi", "mn", "mo", "mtext", "mspace"}
CHILDREN = {"msub": 2, "msup": 2, "msubsup": 3, "mfrac": 2, "munder": 2}
ROWS = {"math", "mrow", "msqrt", "mtd", "mtr", "mtable"}


def content(mathml: str) -> str:
    """The text of a checked `math` element, without what is invisible."""
    root = ET.fromstring(mathml)
    assert root.tag == f"{{{NAMESPACE}}}math"
    for node in root.iter():
        name = node.tag.removeprefix(f"{{{NAMESPACE}}}")
        if name in TOKENS:
            assert not len(node)
            assert bool((node.text or "").strip()) != (name == "mspace"), ET.tostring(node)
        else:
            assert name in CHILDREN or name in ROWS, name
            assert len(node) == CHILDREN.get(name, len(node)), ET.tostring(node)
            assert len(node) or name == "mtd", name
            assert not (node.text or "").strip()
        assert not (node.tail or "").strip(), ET.tostring(node)
        for sign in ("None", "object", "Size(", "\\", "{}"):
            assert sign not in (node.text or "")
    return "".join(root.itertext()).replace("\u2061", "").replace("\u2062", "").replace(" ", "")


@pytest.mark.parametrize("name", sorted(registry))
def test_every_primitive_is_shown(name: str) -> None:
    e = parse(registry[name].example, EXAMPLES.get(name, ""))
    assert content(to_mathml(e))
    scripts = {v.name: (v.name, "l+1") for v in e.variables}
    assert "l+1" in content(to_mathml(e, scripts=scripts))


@pytest.mark.parametrize("name", sorted(registry))
def test_the_derivative_of_every_primitive_is_shown(name: str) -> None:
    e = parse(registry[name].example, EXAMPLES.get(name, ""))
    by = next((v for v in e.variables if v.index_size is None), None)
    if e.shape or by is None:
        pytest.skip("not a scalar")
    assert content(to_mathml(grad(e, by)))


LOOKS = [
    ("delta[i, j]*x[i]", "δijxi"),
    ("x[i+1]*v[i]", "xi+1vi"),
    ("sum[k](W[i, k]*x[k])", "∑kWikxk"),
    ("W1[i, j]", "W1,ij"),
    ("x - v", "x−v"),
    ("-(t + beta)", "−(t+β)"),
    ("inv(S)'*x", "S−⊤x"),
    ("2*t", "2t"),
    ("t*2", "t·2"),
    ("t*2^t", "t·2t"),
    ("bias_hidden", "biashidden"),
    ("X.^2", "X⊙2"),
    ("DJ(y)*x'", "∂J∂yx⊤"),
    ("D2J(y)", "∂2J∂y2"),
    ("Ds(x)", "s′(x)"),
    ("norm2(x)^2/n", "‖x‖22n"),
    ("softmax(x)", "softmax(x)"),
    ("log_softmax(X, 1)", "logsoftmax(X,1)"),
    ("sum(where(x > 0, x, v))", "sum({xx>0velse)"),
    ("sum(X, 0, keep)", "sum(X,0,keep)"),
    ("p = softmax(x); diag(p) - p*p'", "diag(p)−pp⊤wherep=softmax(x)"),
    ("eye(n) + ones(n, n)", "In+𝟏n×n"),
]


@pytest.mark.parametrize(("program", "text"), LOOKS)
def test_what_it_says(program: str, text: str) -> None:
    assert content(to_mathml(parse(program, GIVEN))) == text


def test_what_it_is_made_of() -> None:
    inner = element(mathml_name("W1", {"W1": ("W", "2")}))
    assert inner == element("<msup><mi>W</mi><mn>2</mn></msup>")
    entry = to_mathml(parse("W1[i, j]", GIVEN), scripts={"W1": ("W", "2")})
    assert entry == element("<msubsup><mi>W</mi><mrow><mi>i</mi><mi>j</mi></mrow><mn>2</mn></msubsup>")
    square = to_mathml(parse("x.^2", GIVEN), scripts={"x": ("a", "1")})
    assert content(square) == "(a1)2"


def test_a_minus_in_front_is_a_prefix() -> None:
    """Also after an equals sign, where its place does not show it."""
    shown = to_mathml(parse("h = -x + v; h'*h", GIVEN))
    assert '<mo>=</mo><mo form="prefix">−</mo><mi>x</mi>' in shown
    assert "<mi>x</mi> <mo>+</mo>" in shown


def test_partial_derivatives_are_fractions() -> None:
    w, y = parse("W", GIVEN), parse("W*x", GIVEN)
    i, j, k = fresh("m", "i"), fresh("n", "j"), fresh("m", "k")
    e: Expr = intern(Partial, access(y, k), access(w, i, j))
    assert content(to_mathml(e)) == "∂(Wx)k∂Wij"


def test_second_derivatives_and_their_indices_are_well_formed() -> None:
    assert content(to_mathml(hessian(parse("logsumexp(A*x)"), "x")))


def test_a_function_stands_apart_from_the_factor_before_it() -> None:
    """Browsers put no space between an italic letter and an upright name."""
    space = '<mspace width="0.17em"/>'
    assert f"<mi>X</mi><mo>\u2062</mo>{space}<mi>diag</mi>" in to_mathml(parse("X*diag(x)", GIVEN))
    assert space not in to_mathml(parse("X*x", GIVEN))


def test_brackets_grow_with_what_is_high_alone() -> None:
    assert 'stretchy="true"' not in to_mathml(parse("sum(cos(x.^2))", GIVEN))
    assert to_mathml(parse("log(t/3)", GIVEN)).count('stretchy="true"') == 2


def test_names_are_escaped() -> None:
    assert tokens("a<b&c") == "<mi>a</mi><mo>&lt;</mo><mi>b</mi><mo>&amp;</mo><mi>c</mi>"
    shown = to_mathml(parse("x", "x: n"), scripts={"x": ("<script>", "<i>")})
    assert "<script>" not in shown
    assert content(shown)


def test_a_formula_on_its_own_line_says_so() -> None:
    assert 'display="block"' in to_mathml(parse("x", "x: n"), display=True)
