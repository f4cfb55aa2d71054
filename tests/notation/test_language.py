"""What the texts of the language mean."""

from __future__ import annotations

from fractions import Fraction

import pytest

import chainrule as cr
from chainrule.core.expr import Apply, Array, Const, Expr, SizeValue, Sum, intern
from chainrule.core.size import size
from chainrule.notation.naming import hints
from chainrule.notation.parser import parse, parse_program
from chainrule.primitives.arithmetic import matmul_p, mul_p, neg_p, pow_p

GIVEN = "W: m n; x, v: n; y: m; S: n n symmetric; t: scalar positive; J: function(m); s: elementwise"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("W@x", "W*x"), ("W·x", "W*x"), ("W.T", "W'"), ("Wᵀ", "W'"), ("x ⊙ v", "x.*v"), ("x ⊘ v", "x./v"),
        ("t²", "t^2"), ("t³", "t^3"), ("½*t", "0.5*t"), ("5e-1*t", "0.5*t"), (".5*t", "0.5*t"), ("x − v", "x - v"),
        ("where(x ≥ v, x, 0)", "where(x >= v, x, 0)"), ("σ(x)", "sigmoid(x)"), ("s′(x)", "Ds(x)"),
        ("s′′(x)", "D2s(x)"), ("2*x.*v", "(2*x).*v"), ("2.*x", "2*x"), ("-t^2", "-(t^2)"), ("t^-2", "t^(-2)"),
        ("t^t^t", "t^(t^t)"), ("t/t*t", "(t/t)*t"), ("-x'*v", "(-x')*v"), ("t - t - t", "(t - t) - t"),
        ("x'", "x.T"), ("outer(x, y)", "x*y'"), ("hadamard(x, v)", "x.*v"), ("vector(1) + x", "ones(n) + x"),
        ("vector(0) + x", "zeros(n) + x"), ("vector(t) + x", "t*ones(n) + x"), ("matrix(1).*W", "ones(m, n).*W"),
        ("S + eye", "S + eye(n)"), ("z = W*x; z + y", "W*x + y"), ("z = W*x\n\nz + y;\n", "W*x + y"),
        ("W*x +\n y", "W*x + y"), ("(W*x\n+ y)", "W*x + y"), ("# a comment\nx # another", "x"),
        ("sum(W, -1)", "sum(W, 1)"), ("sum(W, 1, 0)", "sum(W)"), ("softmax(x, 0)", "softmax(x)"),
        ("(1/3)*t", "(2/6)*t"), ("sum(x)/(m*n)", "sum(x)/(n*m)"), ("eye[i,j]*x[i]*v[j]", "delta[i,j]*x[i]*v[j]"),
        ("where[1 > 0]*t", "where[0 >= 0]*t"), ("gt1 = t; gt1", "t"),
    ],
)  # fmt: skip
def test_two_spellings_are_one_object(one: str, other: str) -> None:
    a, b = parse(one, GIVEN), parse(other, GIVEN)
    if a.free or isinstance(a, (Array, Sum)):
        assert a.text() == b.text()
    else:
        assert a is b


def test_operators_build_what_the_table_says() -> None:
    p = parse_program("W*x", GIVEN)
    w, x, t = p.variables["W"], p.variables["x"], p.variables["t"]
    assert p.result is matmul_p(w, x)
    assert parse("t*x", GIVEN) is mul_p(t, x)
    assert parse("-2*t", GIVEN) is mul_p(neg_p(intern(Const, Fraction(2))), t)
    assert parse("t^-2", GIVEN) is pow_p(t, intern(Const, Fraction(-2)))
    assert parse("0.1", GIVEN) is intern(Const, Fraction(1, 10))
    assert parse("(m*n)", GIVEN) is intern(SizeValue, size("m") * size("n"))
    assert parse("t + t", GIVEN).args[0] is t  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "given", "inferred"),
    [
        ("x'*A*x", "", "x : (n,), A : (n, n)"),
        ("x'*A*y", "", "x : (n,), A : (n, m), y : (m,)"),
        ("a*x + b", "", "a : scalar, x : (n,), b : scalar"),
        ("A*B*C", "", "A : (n, m), B : (m, k), C : (k, p)"),
        ("A*x + n*y", "y: n", "A : (n, m), x : (m,)"),
        ("A*x", "x: 3", "A : (n, 3)"),
        ("tr(X*Y)", "", "X : (n, m), Y : (m, n)"),
        ("log(x + vector(1))", "", "x : (n,)"),
        ("W1*x_1", "", "W1 : (n, m), x_1 : (m,)"),
        ("J(W*x + y)", "J: function(k)", "W : (k, n), x : (n,), y : (k,)"),
        ("det(A)", "", "A : (n, n)"),
        ("kron(A, x)*y", "", "A : (n, m), x : (k,), y : (m,)"),
        ("ones(k)*x'", "", "x : (n,)"),
        ("W[i,k]*x[k]", "", "W : (n, m), x : (m,)"),
        ("conv1d(X, K)", "K: o c k", None),
    ],
)  # fmt: skip
def test_sizes_are_inferred_from_use(text: str, given: str, inferred: str | None) -> None:
    if inferred is None:
        assert parse_program(text, given).inferred[0][1][0] is size("c")
    else:
        assert parse_program(text, given).describe() == inferred


def test_inference_does_not_depend_on_what_was_parsed_before() -> None:
    for _ in range(3):
        kept = parse_program("c = x - mean(x)*vector(1); c", "x: n").result
        assert kept.shape == (size("n"),)


def test_declarations_cover_the_grammar() -> None:
    p = parse_program(
        "1",
        "W: [m, n]; A, B: n n; t: scalar positive; J: function(m); f: function(m)->(n); s: elementwise; "
        "i: n index(p); T: l-k+1 m*n h//2; S: n n symmetric positive\nz: 3",
    )
    v = p.variables
    assert v["T"].shape == (size("l") - size("k") + 1, size("m") * size("n"), size("h") // 2)
    assert v["A"].shape == v["B"].shape == (size("n"), size("n"))
    assert v["S"].props == {"symmetric", "positive"}
    assert v["i"].index_size is size("p")
    assert p.functions["f"].out == (size("n"),)
    assert p.functions["s"].elementwise
    assert set(p.sizes) == {"m", "n", "p", "l", "k", "h"}
    assert parse("W*x", {"W": "m n", "x": "n"}) is parse("W*x", "W: m n; x: n")


def test_free_letters_are_axes_in_order_of_appearance() -> None:
    e = parse("DJ(y)[i]*x[j]", GIVEN)
    assert isinstance(e, Array)
    assert e.shape == (size("m"), size("n"))
    assert parse("x[j]*DJ(y)[i]", GIVEN).shape == (size("n"), size("m"))
    assert parse("sum[k](W[i,k]*x[k])", GIVEN).shape == (size("m"),)
    assert parse("x[n-1-i]*x[i]", GIVEN).shape == (size("n"),)
    assert parse("sum[k](x[k])", GIVEN).shape == ()


def test_the_names_of_a_program_are_kept_for_its_printers() -> None:
    e = parse("z = W*x; q = tanh(z); q'*q", GIVEN)
    assert sorted(hints(e).values()) == ["q", "z"]
    assert e.text() == "z = W*x; q = tanh(z); q'*q"
    assert "y" in hints(parse("2*x", GIVEN)).avoid


def test_adding_a_number_to_a_square_matrix_is_noted() -> None:
    assert parse_program("S + 1", GIVEN).notes == ("1 is added to every entry; the identity matrix is written eye",)
    assert parse_program("S + t*eye", GIVEN).notes == ()


def test_a_long_program_is_read_in_linear_time() -> None:
    lines = ["h0 = x"] + [f"h{i + 1} = tanh(S*h{i})" for i in range(1000)]
    e: Expr = parse(";".join(lines) + "; sum(h1000)", GIVEN)
    assert isinstance(e, Apply)
    assert e.text().count("tanh") == 1000


def test_a_fact_may_hold_along_another_axis() -> None:
    given = "Z: k n; Y: k n onehot(0)"
    e = cr.parse("-sum(Y .* log_softmax(Z, 0))", given=given)
    assert cr.grad(e, "Z").text() == "softmax(Z, 0) - Y"
    other = cr.parse("-sum(Y .* log_softmax(Z, 1))", given=given)
    assert "sum(Y, 1" in cr.grad(other, "Z").text()
    last = cr.parse("Y", given="Y: k n onehot(1)").variables[0]
    assert last.props == {"onehot"}
    with pytest.raises(cr.AxisError, match="no axis 2"):
        cr.parse("Y", given="Y: k n onehot(2)")
