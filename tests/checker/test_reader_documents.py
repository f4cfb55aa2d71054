"""Documents around formulas: what is mathematics, what is prose, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.document import MAX_LENGTH, read
from chainrule.checker.syntax import Document, Node, Statement, Symbol, Unread, walk
from chainrule.errors import ChainruleError, DocumentError


def sources(text: str, name: str = "the text") -> list[str]:
    return [f.source for f in read(text, name).formulas]


def unread(document: Document) -> list[str]:
    return [n.reason for f in document.formulas for s in f.statements for n in walk(s) if isinstance(n, Unread)]


def names(node: Node | None) -> list[str]:
    return [] if node is None else [n.name for n in walk(node) if isinstance(n, Symbol)]


MARKDOWN = r"""---
title: Homework
given: "W: m n; x: n"
---
# A heading with `code $x$ in it`

It costs $5 and $10 here, escaped \$3. Let $x = 1$ and $ y = 2 $.

> A quotation
> $$
> a = b
> + c
> $$

```python
x = "$no$"
```

```math
d = e
```

<!-- $comment$ --> <pre>$pre$</pre>

- an item: \(f = g\)

\[ h = i \]

\begin{align*}
j &= k \\
  &= l
\end{align*}

$p = q.$

With backquotes: $`r = s`$, in <b>bold</b> $a<b$ and $c>d$. $$t = u$$ and $$v = w$$
"""


def test_markdown() -> None:
    document = read(MARKDOWN)
    found = [(f.source.split("\n")[0], f.display) for f in document.formulas]
    assert found == [
        ("x = 1", False),
        ("y = 2", False),
        ("a = b", True),
        ("d = e", True),
        ("f = g", False),
        ("h = i", True),
        (r"\begin{align*}", True),
        ("p = q.", True),
        ("r = s", False),
        ("a<b", False),
        ("c>d", False),
        ("t = u", True),
        ("v = w", True),
    ]
    assert document.front == {"title": "Homework", "given": "W: m n; x: n"}
    assert unread(document) == []


TEX = r"""\documentclass{article}
\newcommand{\bx}{\mathbf{x}}
\newcommand{\dd}[2]{\frac{\partial #1}{\partial #2}}
\def\half{\frac12}
\DeclareMathOperator{\dg}{diag}
\begin{document}
% a comment with a $
Let $y = W\bx$ cost 50\% % and another $
\begin{equation}\label{eq:loss}
L = \half \|y - t\|^2
\end{equation}
\begin{verbatim}
$x
\end{verbatim}
\begin{align}
\dd{L}{y} &= y - t, \label{a}\\
\dd{L}{W} &= \dg(y-t)\bx^\top. % a note
\end{align}
\end{document}
$ after
"""


def test_plain_latex() -> None:
    document = read(TEX)
    statements = [s for f in document.formulas for s in f.statements]
    assert len(statements) == 4
    assert unread(document) == []
    assert names(statements[0]) == ["y", "W", "x"]
    assert names(statements[3])[:2] == ["L", "W"]


def test_a_name_tells_latex_from_markdown() -> None:
    assert sources("$a = b$ % $x", "notes.tex") == ["a = b"]


def test_words_around_a_formula() -> None:
    text = "# Title\n\n손실 $C$는 함수이다.\n\nBy the chain rule\n\n$$a = b$$\n\n이므로 we get\n\n$$c = d$$\n"
    first, second, third = read(text).formulas
    assert (first.words_before, first.words_after) == ("손실", "는 함수이다.")
    assert (second.words_before, second.words_after) == ("By the chain rule", "이므로 we get")
    assert (third.words_before, third.words_after) == ("이므로 we get", "")


def test_rows_and_their_places() -> None:
    text = "$$\n\\begin{aligned}\na &= b \\\\\n&= c\n\\end{aligned}\n$$"
    document = read(text)
    first, second = document.formulas[0].statements
    assert (first.row, second.row) == (0, 1)
    assert second.sides[0] is None
    assert document.place(first.start) == (3, 1)
    assert document.place(second.start) == (4, 2)
    assert text[first.start : first.end] == "a &= b"


def test_front_matter_is_not_a_rule_between_paragraphs() -> None:
    document = read("---\nSome prose with $x$\n---\n$y$")
    assert document.front == {}
    assert [f.source for f in document.formulas] == ["x", "y"]


def test_definitions_alone_are_no_formula() -> None:
    assert sources(r"$$\newcommand{\R}{\mathbb{R}}$$ Let $x \in \R^n$") == [r"x \in \R^n"]


def test_what_cannot_be_read_leaves_the_rest() -> None:
    document = read(r"$$a = \foo{b} = c, \quad d = e$$ and $f = \frac{g}{$ and $h = i$")
    assert len(unread(document)) == 2
    first, second = document.formulas[0].statements
    assert [isinstance(side, Unread) for side in first.sides] == [False, True, False]
    assert names(second) == ["d", "e"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a\n\nb $x\n\nc", 3, 3), ("$$x", 1, 1), ("$a$ and $b", 1, 9), ("text $$ a = b\n\n$c$", 1, 6)],
)
def test_a_dollar_without_its_partner(text: str, line: int, column: int) -> None:
    with pytest.raises(DocumentError, match=f"line {line}, column {column}: this .* is not closed") as e:
        read(text)
    assert (e.value.line, e.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%PDF-1.7 \ufffd", "is a PDF, not text"),
        ("\ufffdPNG\r\n\x1a\n", "is an image, not text"),
        ("PK\x03\x04 docx", "is an archive or a Word document"),
        ("a\x00b", "is not text"),
        ("x" * (MAX_LENGTH + 1), "longer than 2,000,000 characters"),
        ("$a$ " * 20_100, "more than 20,000 formulas"),
    ],
)
def test_what_is_no_document(text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read(text)


@pytest.mark.parametrize(
    ("definitions", "use", "reason"),
    [
        (r"\def\a{\a\a}", r"\a", "nested too deeply|grows too long"),
        (
            "".join(rf"\def\{c}{{\{d}\{d}\{d}\{d}}}" for c, d in zip("abcdefgh", "bcdefghi", strict=True)),
            r"\a",
            "grows too long",
        ),
    ],
)
def test_macros_have_limits(definitions: str, use: str, reason: str) -> None:
    (why,) = unread(read(f"{definitions} ${use}$"))
    assert why.startswith("the macro")


DEEP = ["(", "{", r"\left(", r"\frac{", r"\sqrt{", "x^{", r"\log ", r"\sum_k ", r"\begin{aligned}", "-", "|", "a_"]


@pytest.mark.parametrize("unit", DEEP)
@pytest.mark.parametrize("count", [80, 5_000, 50_000])
def test_no_depth_is_too_much(unit: str, count: int) -> None:
    closers = {"(": ")", "{": "}", r"\left(": r"\right)", r"\begin{aligned}": r"\end{aligned}"}
    closer = closers.get(unit, "}" if unit.endswith("{") else "")
    document = read(f"$${unit * count} x {closer * count}$$ and $a = b$")
    assert all(isinstance(s, Statement) for f in document.formulas for s in f.statements)
    assert names(document.formulas[-1].statements[0]) == ["a", "b"]


FORMULAS = (Path(__file__).parent / "formulas.txt").read_text(encoding="utf-8").splitlines()


def test_formulas_of_courses_are_read() -> None:
    failed = [x for x in FORMULAS if unread(read(f"$${x}$$"))]
    assert failed == []


def test_errors_are_of_the_package() -> None:
    assert issubclass(DocumentError, ChainruleError)
