"""What a person reads when the input is not right: whole messages."""

from __future__ import annotations

import pytest

from chainrule.errors import (
    AxisError,
    ChainruleError,
    NameClash,
    NotDifferentiable,
    ParseError,
    ShapeError,
    UnknownName,
)
from chainrule.notation.parser import parse

MESSAGES = [
    (
        "W*x", "W: m n; x: k", ShapeError,
        """line 1, column 2: cannot contract shapes (m, n) and (k,): sizes n and k differ
    W*x
    ~^~
    W : (m, n)   given
    x : (k,)   given
  Try: sizes that are meant to be one must have one name""",
    ),
    (
        "W*x", "W: m n; x: m", ShapeError,
        """line 1, column 2: cannot contract shapes (m, n) and (m,): sizes n and m differ
    W*x
    ~^~
    W : (m, n)   given
    x : (m,)   given
  Try: W'*x""",
    ),
    (
        "x'*A*x", "A: 3 4", ShapeError,
        """line 1, column 5: cannot contract shapes (4,) and (3,): sizes 4 and 3 differ
    x'*A*x
    ~~~~^~
    x'*A : (4,), a row
    x : (3,)   not given: x is a vector by default
  Try: sizes that are meant to be one must have one name""",
    ),
    (
        "y + W*(a.*x\n  - z)", "W: m n; x: n; y: m; z: k; a: n", ShapeError,
        """line 2, column 3: cannot combine shapes (n,) and (k,) entry by entry: sizes n and k differ
    y + W*(a.*x
           ~~~~
      - z)
      ^ ~
    a.*x : (n,)
    z : (k,)   given
  Try: sizes that are meant to be one must have one name""",
    ),
    (
        "sum(x[i]*y[i])", "x, y: n", ParseError,
        """line 1, column 1: sum of one entry: x[i]*y[i] is a number for each i
    sum(x[i]*y[i])
    ^^^
  Try: sum[i](x[i]*y[i]) adds up over i""",
    ),
    (
        "max(x[i])", "x: n", ParseError,
        """line 1, column 1: max of one entry: x[i] is a number for each i
    max(x[i])
    ^^^
  Try: max(x) is over all entries of a tensor, max(X, 0) along an axis: leave the letters out""",
    ),
    (
        "softmx(x)", "", UnknownName,
        """line 1, column 1: unknown function softmx
    softmx(x)
    ^^^^^^
  Try: did you mean softmax?""",
    ),
    (
        "theta*x", "Theta: n n; x: n", UnknownName,
        """line 1, column 1: unknown name theta
    theta*x
    ^^^^^
  Try: did you mean Theta?""",
    ),
    (
        "2*lossy", "", UnknownName,
        """line 1, column 3: unknown name lossy
    2*lossy
      ^^^^^
  Try: declare it: given="lossy: n\"""",
    ),
    (
        "sum(A, 2)", "A: m n", AxisError,
        """line 1, column 8: axis 2 of a tensor of shape (m, n): it has 2 axes
    sum(A, 2)
           ^
    A : (m, n)   given
  Try: 0, 1""",
    ),
    (
        "max(x, y)", "", AxisError,
        """line 1, column 8: an axis is a whole number
    max(x, y)
           ^
  Try: maximum(a, b) compares two tensors entry by entry; max(X, 0) is along axis 0""",
    ),
    (
        "f(x + (y)", "f: elementwise", ParseError,
        """line 1, column 2: this ( is not closed
    f(x + (y)
     ^
  Try: add the missing )""",
    ),
    (
        "(x]", "", ParseError,
        """line 1, column 3: ] does not close this (
    (x]
    ~ ^
  Try: close it with )""",
    ),
    ("", "", ParseError, "there is no expression\n  Try: W*x + b"),
    (
        "keep + 1", "", NameClash,
        """line 1, column 1: keep is a word of the language, and cannot be a name
    keep + 1
    ^^^^
  Try: call it keep1""",
    ),
    (
        "x", "sum: n", NameClash,
        """given, line 1, column 1: sum is a word of the language, and cannot be a name
    sum: n
    ^^^
  Try: call it sum1""",
    ),
    (
        "n = 2; n*x", "x: n", NameClash,
        """line 1, column 1: n is a size, and cannot be defined
    n = 2; n*x
    ^
  Try: call it n1""",
    ),
    (
        "x", "x: n; n: scalar", NameClash,
        """given, line 1, column 4: n is a size and a name of something else
    x: n; n: scalar
       ^  ~
  Try: use two names""",
    ),
    (
        "x", "J: function(m); DJ: n", NameClash,
        """given, line 1, column 17: DJ is the derivative of J, and cannot be a name
    J: function(m); DJ: n
    ~               ^^
  Try: use another name""",
    ),
    (
        "x", "S: n n symetric", UnknownName,
        """given, line 1, column 8: unknown property symetric
    S: n n symetric
           ^^^^^^^^
  Try: did you mean symmetric?""",
    ),
    (
        "D3J(x)", "J: function(n); x: n", NotDifferentiable,
        """line 1, column 1: D3J: a third derivative of an opaque function is refused
    D3J(x)
    ^^^
  Try: give J a definition""",
    ),
    (
        "x^2", "x: n", ShapeError,
        """line 1, column 2: ^ is not defined for a vector
    x^2
    ~^~
    x : (n,)   given
    2 : ()
  Try: x.^2 is entry by entry""",
    ),
    (
        "W x", "", ParseError,
        """line 1, column 3: an operator is missing here
    W x
    ~ ^
  Try: W*x for a product""",
    ),
    (
        "y = z; z = x; y", "", UnknownName,
        """line 1, column 5: z is used before it is defined
    y = z; z = x; y
        ^  ~
  Try: definitions come first""",
    ),
    (
        "x[i]*A[i,k]", "x: n; A: m n", ShapeError,
        """line 1, column 8: the letter i runs over n, this axis of A has size m
    x[i]*A[i,k]
           ^
  Try: use two letters""",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given", "kind", "message"), MESSAGES)
def test_the_whole_message(text: str, given: str, kind: type[ChainruleError], message: str) -> None:
    with pytest.raises(kind) as found:
        parse(text, given)
    assert str(found.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "x +", "* x", "(", ")", "[", "f(", "f(x,)", "x..y", "1.2.3", "x = = y", "x; y", "y = 2", "=", "a'b'", '"x"',
        "x[", "sum[k]x", "sum[](x)", "x[1.5]", "[1, 2]", "einsum(x)", "reshape(x, n)", "where(x, y)", "inv(A, B)",
        "1e99999", "x**2", "x == y", "x > 0", "a/b/", "$", "∂x", "\\frac{1}{2}", "W x", "eye", "vector(1)", "x[i]*y",
        "delta[i]", "where[i]", "A^0.5", "A/B", "sum(X, 0.5)", "permute(A, 1)", "slice(x, 0)", "J(x)", "x(y)", "exp",
        "-", "x''y",
        "A^n", "5//2", "x//2", "i%2",
    ],
)  # fmt: skip
def test_bad_input_gives_one_error_with_a_place(text: str) -> None:
    with pytest.raises(ChainruleError) as found:
        parse(text)
    error = found.value
    assert error.line >= 1
    assert error.column >= 1
    assert "^" in error.place
    assert "?" not in str(error).replace("did you mean", "").split("Try")[0]


@pytest.mark.parametrize(
    "given",
    [
        "x", "x:", ": n", "x: n n n +", "x: l - k", "x: 0", "x: n; x: m", "J: function m", "x n", "x: n index",
        "S: m n spd", "x: scalar n", "x: 2.5", "x: (n", "x: [m, n", "5: n",
    ],
)  # fmt: skip
def test_bad_declarations_give_one_error_with_a_place(given: str) -> None:
    with pytest.raises(ChainruleError) as found:
        parse("1", given)
    assert str(found.value).startswith("given, line 1")


def test_ten_thousand_brackets_are_read_or_refused_in_one_line() -> None:
    deep = 10_000
    assert parse("(" * deep + "x" + ")" * deep, "x: n").shape == parse("x", "x: n").shape
    with pytest.raises(ParseError) as found:
        parse("(" * deep + "x", "x: n")
    assert "is not closed" in str(found.value)
    assert all(len(line) < 120 for line in str(found.value).splitlines())
    with pytest.raises(ParseError):
        parse("x" + ")" * deep, "x: n")
    assert parse("-" * deep + "x", "x: n").shape
    assert parse("+".join(["x"] * deep), "x: n").shape
    assert parse("x: n".replace(": n", "'" * deep), "x: n").shape


def test_a_place_on_a_later_line_is_shown_with_that_line_alone() -> None:
    with pytest.raises(UnknownName) as found:
        parse("z = x  # fine\nz + foobar\n", "x: n")
    assert (found.value.line, found.value.column) == (2, 5)
    assert found.value.place == "z + foobar\n    ^^^^^^"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("A'x", "A'*x for a product"),
        ("(A*A)'x", "a * between them for a product"),
        ("sin x", "sin(x) for the function"),
        ("2x", "2*x for a product"),
        ("Σ_i x_i", "sum(x), or sum[i](x[i]) where i is a letter"),
        ("‖x‖", "norm2(x)"),
    ],
)
def test_a_missing_operator_or_a_sign_of_books_comes_with_what_may_be_meant(text: str, hint: str) -> None:
    with pytest.raises(ParseError) as found:
        parse(text)
    assert found.value.hint == hint
