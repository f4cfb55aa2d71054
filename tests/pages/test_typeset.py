"""LaTeX set in MathML: well-formed whatever it is, and with the letters of another converter."""

from __future__ import annotations

import html
import random
import re
from pathlib import Path
from xml.dom.minidom import parseString

import pytest
from latex2mathml.converter import convert

from chainrule.pages.lexemes import rows
from chainrule.pages.typeset import typeset

DOCUMENTS = sorted((Path(__file__).resolve().parents[1] / "checker/documents").glob("*.md"))
SAME = str.maketrans({"∗": "*", "―": "¯", "″": "′′", "ˆ": "^", "˜": "~", "∥": "‖", "‾": "¯"})


def letters(mathml: str) -> str:
    text = re.sub(r"\s|[\u2061-\u2064\u00a0]", "", html.unescape(re.sub(r"<[^>]+>", "", mathml)))
    return "".join(sorted(text.translate(SAME).replace("′′", "″")))


@pytest.mark.parametrize(
    ("latex", "mathml"),
    [
        ("x^{12}", "<msup><mi>x</mi><mn>12</mn></msup>"),
        ("x^12", "<msup><mi>x</mi><mn>1</mn></msup><mn>2</mn>"),
        (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        ("W_{ij}^2", "<msubsup><mi>W</mi><mrow><mi>i</mi><mi>j</mi></mrow><mn>2</mn></msubsup>"),
        ("f'", '<msup><mi>f</mi><mo lspace="0" rspace="0">′</mo></msup>'),
        ("a - b", "<mi>a</mi><mo>−</mo><mi>b</mi>"),
        ("= -b", '<mo>=</mo><mo form="prefix">−</mo><mi>b</mi>'),
        (r"\mathbb{R}", "<mi>ℝ</mi>"),
        (r"\operatorname{diag}", "<mi>diag</mi>"),
        (r"\unknown", "<mtext>\\unknown</mtext>"),
        (r"\text{어떤 x}", "<mtext>어떤\u00a0x</mtext>"),
        (r"a &= b", "<mi>a</mi><mo>=</mo><mi>b</mi>"),
        ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
    ],
)  # fmt: skip
def test_a_formula_is_set(latex: str, mathml: str) -> None:
    assert typeset(latex) == f'<math xmlns="http://www.w3.org/1998/Math/MathML">{mathml}</math>'


@pytest.mark.parametrize("document", DOCUMENTS, ids=[p.stem for p in DOCUMENTS])
def test_formulas_of_documents_have_the_letters_that_another_converter_gives(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for found in re.findall(r"\$\$(.+?)\$\$|(?<!\$)\$([^$\n]+)\$(?!\$)", text, re.DOTALL):
        latex = "".join(found)
        for i, j in rows(latex):
            line = latex[i:j].replace("&", "") if r"\begin" not in latex[i:j] else latex[i:j]
            parseString(typeset(line))
            if not re.search(r"\\mathbf|\\text|&", line):
                assert letters(typeset(line)) == letters(convert(line)), line


def test_whatever_is_written_gives_a_tree() -> None:
    rng = random.Random(7)
    pieces = [
        "{", "}", r"\frac", r"\left(", r"\right)", r"\begin{cases}", r"\end{cases}", r"\\", "&", "x", "_", "^", "'",
        "$", "%", "\\", r"\text{a $b", r"\sqrt[", "]", "<", ">", "|", r"\not", "1", r"\mathrm",
        r"\begin{array}{cc}", "\n",
    ]  # fmt: skip
    for _ in range(3000):
        latex = "".join(rng.choices(pieces, k=rng.randint(1, 25)))
        try:
            assert parseString(typeset(latex)).documentElement is not None
        except Exception as problem:
            raise AssertionError(repr(latex)) from problem


@pytest.mark.parametrize("piece", ["{", "x^", r"\frac", r"\hat", r"\text{$", r"\left(", r"\begin{cases}", r"\not"])
def test_nesting_ends_where_it_gets_too_deep(piece: str) -> None:
    assert parseString(typeset(piece * 3000)).documentElement is not None


def test_rows_of_displays_are_told_apart() -> None:
    text = "\\begin{align*}\na &= \\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix} \\\\\n  &= b\n\\end{align*}"
    assert [text[i:j].strip() for i, j in rows(text)] == [r"a &= \begin{pmatrix} 1 \\ 2 \end{pmatrix}", "&= b"]
    assert rows("a = b") == ((0, 5),)
