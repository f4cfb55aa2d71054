"""`chainrule derive` as users call it."""

from __future__ import annotations

from pathlib import Path

import pytest

LAYER = ["J(W*x + b)", "--given", "W: m n; x: n; b: m; J: function(m)"]


def test_a_gradient_is_shown_for_reading_and_as_it_is_typed_with_what_was_taken_for_granted(chainrule) -> None:
    done = chainrule("derive", "0.5*x'*A*x", "--given", "A: n n symmetric", "--wrt", "x")
    assert done.code == 0, done.err
    assert done.out == "taking x : (n,)\n\n∂f/∂x = A x\n  typed: A*x\n"


def test_steps_name_rules_and_end_in_the_outer_product(chainrule) -> None:
    done = chainrule("derive", *LAYER, "--wrt", "W", "--steps")
    assert done.code == 0, done.err
    assert "δ" in done.out
    assert "∂J" in done.out


@pytest.mark.parametrize("form", ["matrix", "index", "element", "einsum", "latex"])
def test_every_form_is_written(chainrule, form: str) -> None:
    done = chainrule("derive", *LAYER, "--wrt", "x", "--form", form)
    assert done.code == 0, done.err
    assert "x" in done.out


def test_wrt_twice_is_the_mixed_second_derivative(chainrule) -> None:
    done = chainrule("derive", "x'*sin(A*y)", "--wrt", "x", "--wrt", "y", "--json")
    assert done.code == 0, done.err
    assert done.json["wrt"] == ["x", "y"]
    assert done.json["result"]["matrix"] == "diag(cos(A*y))*A"


def test_wrt_with_commas_is_one_gradient_each(chainrule) -> None:
    done = chainrule("derive", *LAYER, "--wrt", "W,b", "--json")
    assert done.code == 0, done.err
    assert [d["wrt"] for d in done.json] == [["W"], ["b"]]


def test_order_two_is_the_hessian(chainrule) -> None:
    done = chainrule("derive", "x'*A*x", "--wrt", "x", "--order", "2")
    assert done.code == 0, done.err
    assert "typed: A' + A" in done.out or "typed: A + A'" in done.out


def test_standard_input_is_read_for_a_dash(chainrule) -> None:
    done = chainrule("derive", "-", "--wrt", "x", stdin="y = A*x\nsum(y)\n")
    assert done.code == 0, done.err


def test_json_is_the_contract(chainrule) -> None:
    data = chainrule("derive", *LAYER, "--wrt", "W", "--json").json
    keys = {"expression", "wrt", "order", "shape", "assumptions", "result", "code", "steps", "operations"}
    assert keys <= set(data)
    assert {"matrix", "matrix_layout", "index", "element", "einsum", "latex"} <= set(data["result"])
    assert "numpy" in data["code"]
    for step in data["steps"]:
        assert {"rule", "reason", "before", "after", "verdict"} <= set(step)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("(A + A')*x", 0, "right"),
        ("2*A*x", 1, "wrong"),
        ("x'*A", 1, "wrong"),
        ("A*x + A'*x", 0, "right"),
    ],
)
def test_an_answer_is_judged_and_a_wrong_one_refuted(chainrule, answer: str, code: int, words: str) -> None:
    done = chainrule("derive", "x'*A*x", "--wrt", "x", "--answer", answer)
    assert done.code == code, done.err
    assert words in done.out
    if code == 1:
        assert "x = [" in done.out or "shape" in done.out


@pytest.mark.parametrize(
    ("answer", "code"),
    [("kron(x', eye(m))", 0), ("array[i: m, j: m, k](x[k]*delta[i, j])", 0), ("kron(x, eye(m))", 1), ("eye(m)", 1)],
)
def test_an_answer_may_have_the_layout_that_is_shown_or_all_axes(chainrule, answer: str, code: int) -> None:
    done = chainrule("derive", "W*x", "--given", "W: m n; x: n", "--wrt", "W", "--answer", answer)
    assert done.code == code, done.out + done.err


@pytest.mark.parametrize(("answer", "code"), [("W'", 0), ("W", 1)])
def test_an_answer_is_read_in_the_layout_that_was_asked_for(chainrule, answer: str, code: int) -> None:
    args = ("W*x", "--given", "W: m n; x: n", "--wrt", "x", "--layout", "denominator")
    assert chainrule("derive", *args, "--answer", answer).code == code


def test_an_answer_may_use_the_definitions_of_the_expression_or_make_them_anew(chainrule) -> None:
    for answer in ("diag(p) - p*p'", "p = softmax(x); diag(p) - p*p'"):
        done = chainrule("derive", "p = softmax(x); p", "--wrt", "x", "--answer", answer)
        assert done.code == 0, done.out + done.err


def test_an_answer_may_use_a_size_that_no_variable_has(chainrule) -> None:
    done = chainrule("derive", "norm2(ones(p)*y')^2", "--given", "y: m", "--wrt", "y", "--answer", "2*p*y")
    assert done.code == 0, done.out + done.err


def test_a_name_with_a_subscript_is_the_name_with_a_digit(chainrule) -> None:
    assert "∂f/∂W₁" in chainrule("derive", "sum(W1*x)", "--wrt", "W₁").out


def test_a_latex_file_says_all_that_the_terminal_says(chainrule, tmp_path: Path) -> None:
    path = tmp_path / "out.tex"
    done = chainrule("derive", "sum(relu(A*x))", "--wrt", "x", "--answer", "2*x", "-o", str(path))
    assert done.code == 1
    text = path.read_text(encoding="utf-8")
    for words in ("Taking A : (n, m), x : (m,)", "(0) = 0", "The answer is wrong"):
        assert words in text


def test_a_size_that_looks_like_a_misspelt_word_is_named(chainrule) -> None:
    assert "x : (n, foo)" in chainrule("derive", "norm2(x)", "--given", "x: n foo", "--wrt", "x").out


def test_notes_stand_once_and_are_those_of_what_was_differentiated(chainrule) -> None:
    assert chainrule("derive", "relu(x)", "--wrt", "x", "--steps").out.count("relu′(0) = 0") == 1
    assert "step′(0)" not in chainrule("derive", "relu(x)", "--wrt", "x").out
    assert "note" not in chainrule("derive", "abs(c)*x", "--wrt", "x").out


def test_an_answer_in_json_has_its_counterexample(chainrule) -> None:
    done = chainrule("derive", "x'*A*x", "--wrt", "x", "--answer", "2*A*x", "--json")
    assert done.code == 1
    answer = done.json["answer"]
    assert answer["verdict"] == "different"
    assert answer["equal"] is False
    assert answer["counterexample"]["derivative"] != answer["counterexample"]["answer"]


def test_an_answer_may_use_opaque_functions_and_inferred_sizes(chainrule) -> None:
    done = chainrule("derive", "J(W*x)", "--given", "J: function(m)", "--wrt", "x", "--answer", "W'*DJ(W*x)")
    assert done.code == 0, done.out + done.err


@pytest.mark.parametrize(
    ("suffix", "mark"), [(".json", '"steps"'), (".tex", r"\documentclass"), (".md", "$$"), (".txt", "∂f/∂x")]
)
def test_a_file_is_written_in_the_format_of_its_suffix(chainrule, tmp_path: Path, suffix: str, mark: str) -> None:
    path = tmp_path / f"out{suffix}"
    done = chainrule("derive", "x'*A*x", "--wrt", "x", "-o", str(path))
    assert done.code == 0, done.err
    assert done.out == ""
    assert mark in path.read_text(encoding="utf-8")


def test_latex_from_a_file_balances_its_braces(chainrule, tmp_path: Path) -> None:
    path = tmp_path / "out.tex"
    chainrule("derive", *LAYER, "--wrt", "W", "--steps", "-o", str(path))
    text = path.read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin") == text.count(r"\end")


def test_a_formula_may_start_with_a_minus(chainrule) -> None:
    done = chainrule("derive", "-log(t)", "--given", "t: scalar positive", "--wrt", "t", "--answer", "-1/t")
    assert done.code == 0, done.err
    assert "right" in done.out
    done = chainrule("derive", "-omega*x'*x", "--given", "omega: scalar; x: n", "--wrt", "x")
    assert "typed: -2*omega*x" in done.out, done.err


def test_a_file_may_be_attached_to_its_option(chainrule, tmp_path: Path) -> None:
    path = tmp_path / "out.TXT"
    done = chainrule("derive", "-x'*x", "--wrt", "x", f"-o{path}")
    assert done.code == 0, done.err
    assert "typed: -2*x" in path.read_text(encoding="utf-8")
    done = chainrule("derive", "-o'*o", "--wrt", "o")
    assert "typed: -2*o" in done.out, done.err
