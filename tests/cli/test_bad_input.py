"""Whatever a user types, the answer is one short message, exit code 2, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

BAD = {
    "a division by zero": (["x/0", "--wrt", "x"], "x/0 has no value"),
    "a constant without a value": (["log(0)*x", "--wrt", "x"], "log(0) has no value"),
    "unknown function": (["foo(x)", "--wrt", "x"], "foo"),
    "misspelt function": (["softmx(x)", "--wrt", "x"], "softmax"),
    "unknown variable": (["x'*x", "--wrt", "y"], "y"),
    "sizes that clash": (["A*x + B*x", "--given", "A: m n; B: k n; x: n", "--wrt", "x"], "m"),
    "contraction": (["A*B", "--given", "A: m n; B: m n", "--wrt", "A"], "n"),
    "axis": (["sum(X, 2)", "--given", "X: m n", "--wrt", "X"], "axis"),
    "unclosed": (["(x'*x", "--wrt", "x"], ")"),
    "too many closed": (["x'*x)", "--wrt", "x"], ")"),
    "empty": (["", "--wrt", "x"], "expression"),
    "blank": (["   ", "--wrt", "x"], "expression"),
    "open brackets": (["(" * 10_000, "--wrt", "x"], ""),
    "reserved name": (["x'*x", "--given", "softmax: n", "--wrt", "x"], "softmax"),
    "keyword": (["keep*x", "--wrt", "x"], "keep"),
    "whole numbers": (["sum(gather(E, i))", "--given", "E: p k; i: n index(p)", "--wrt", "i"], "whole"),
    "argmax": (["argmax(x)", "--wrt", "x"], "argmax"),
    "two expressions": (["x; x", "--wrt", "x"], ""),
    "strange sign": (["x $ y", "--wrt", "x"], "$"),
    "lambda": (["lambda*x", "--wrt", "x"], ""),
    "code": (["__import__('os').system('true')", "--wrt", "x"], ""),
    "power of a vector": (["sum(x^2)", "--wrt", "x"], ".^"),
    "bad given": (["x'*x", "--given", "x n", "--wrt", "x"], ""),
    "unknown fact": (["x'*x", "--given", "x: n positiv", "--wrt", "x"], "positiv"),
    "zero size": (["x'*x", "--given", "x: 0", "--wrt", "x"], "0"),
    "third derivative": (["J(x)", "--given", "J: function(n)", "--wrt", "x", "--wrt", "x", "--wrt", "x"], ""),
    "answer that does not parse": (["x'*x", "--wrt", "x", "--answer", "2*"], ""),
    "answer with an unknown name": (["x'*x", "--wrt", "x", "--answer", "2*q7"], ""),
    "order and two variables": (["x'*y", "--wrt", "x", "--wrt", "y", "--order", "2"], "--wrt"),
    "no such suffix": (["x'*x", "--wrt", "x", "-o", "result.docx"], ".tex"),
    "one variable twice in a list": (["x'*x", "--wrt", "x,x"], "twice"),
    "JSON in a LaTeX file": (["x'*x", "--wrt", "x", "--json", "-o", "result.tex"], "--json"),
    "a layout of indices": (["x'*x", "--wrt", "x", "--layout", "numerator", "--form", "index"], "layout"),
    "no such form": (["x'*x", "--wrt", "x", "--form", "foo"], ": 'foo' is not one of"),
    "third order": (["x'*x", "--wrt", "x", "--order", "3"], "2 at most"),
    "nothing to differentiate by": (["3", "--wrt", "x"], "no variables"),
    "unknown name": (["foo*x", "--wrt", "x"], '--given "foo: n"'),
    "trace": (["trace(A*X)", "--wrt", "X"], "tr(A)"),
    "dot": (["dot(x, y)", "--wrt", "x"], "x'*y"),
    "ln": (["ln(x)", "--wrt", "x"], "log(x)"),
    "transpose": (["transpose(X)", "--wrt", "X"], "A'"),
    "clip": (["clip(x, 0, 1)", "--wrt", "x"], "hardtanh"),
    "bars": (["||x||", "--wrt", "x"], "norm2(x)"),
    "pi": (["pi*x", "--wrt", "x"], "acos(-1)"),
    "no such folder": (["x'*x", "--wrt", "x", "-o", "/nowhere/at/all.tex"], "/nowhere"),
}


@pytest.mark.parametrize(("args", "word"), BAD.values(), ids=BAD)
def test_bad_input_is_answered_with_a_short_message(chainrule, args: list[str], word: str) -> None:
    done = chainrule("derive", *args)
    assert done.code == 2, done.out
    assert done.out == ""
    assert word in done.err
    assert "Traceback" not in done.err
    assert "fault of chainrule" not in done.err
    assert 0 < len(done.err) < 2000


def test_ten_thousand_nested_brackets_end_in_an_answer_or_a_message(chainrule) -> None:
    done = chainrule("derive", "(" * 10_000 + "sum(x)" + ")" * 10_000, "--wrt", "x")
    assert done.code in (0, 2)
    assert "fault of chainrule" not in done.err
    assert len(done.err) < 2000


def test_a_parse_error_points_at_the_place(chainrule) -> None:
    err = chainrule("derive", "A*x + foo(b)", "--wrt", "x").err
    text, marks = next((a, b) for a, b in pairwise(err.splitlines()) if set(b.strip()) == {"^"})
    assert text[marks.index("^") : marks.rindex("^") + 1] == "foo"


def test_an_unexpected_fault_is_reported_without_a_traceback(chainrule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.notation.parser.parse_program", lambda *args: 1 / 0)
    done = chainrule("derive", "x'*x", "--wrt", "x")
    assert done.code == 2
    assert "report" in done.err
    assert "ZeroDivisionError" in done.err
    assert "Traceback" not in done.err


def test_interrupting_is_quiet(chainrule, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.notation.parser.parse_program", interrupt)
    done = chainrule("derive", "x'*x", "--wrt", "x")
    assert (done.code, done.out, done.err) == (130, "", "")


def test_a_closed_pipe_is_quiet() -> None:
    src = str(Path(__file__).resolve().parents[2] / "src")
    command = f'"{sys.executable}" -m chainrule list --json | head -c 1'
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env={"PYTHONPATH": src, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "["
    assert done.stderr == ""


def test_the_locale_does_not_matter() -> None:
    src = str(Path(__file__).resolve().parents[2] / "src")
    env = {"PYTHONPATH": src, "PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "explain", "sift"], env=env, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert "δ" in done.stdout.decode("utf-8")
