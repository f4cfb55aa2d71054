"""The same document in a terminal, as Markdown and as LaTeX."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from page_samples import HOSTILE

from chainrule.pages.boxes import width
from chainrule.pages.document import Details, Document, Equations, Note, Paragraph, Row, Table
from chainrule.pages.escape import latex_text, markdown_text, math_text
from chainrule.pages.latex import to_latex
from chainrule.pages.markdown import to_markdown
from chainrule.pages.math import Math
from chainrule.pages.terminal import to_terminal

LONG = "a reason that is so long that it takes several lines wherever it stands, on a wide screen as on a narrow one"


# Terminal -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_shows_everything_within_its_width(document: Document, columns: int) -> None:
    text = to_terminal(document, columns)
    assert max(map(width, text.splitlines())) <= columns
    for part in ("z¹ = W¹ x + b¹ = ", "⎢   −9  1/3⎥", "0.798412…", "✗ Wrong: W¹", "3. Update", "outer product", "δ −9"):
        assert part in text, part
    assert "\x1b" not in text
    assert "\n\n\n" not in text


def test_equations_are_aligned_at_their_relations_and_reasons_stand_in_a_column(document: Document) -> None:
    lines = to_terminal(document, 100).splitlines()
    start = lines.index("Backward") + 3
    rows = [line for line in lines[start : start + 9] if " = " in line or " ← " in line]
    assert len({re.search("[=←]", line).start() for line in rows}) == 1
    reasons = [line for line in lines[start : start + 9] if "chain rule" in line or "outer product" in line]
    assert len({line.index(word) for line, word in zip(reasons, ("chain", "outer"), strict=True)}) == 1


def test_what_is_too_wide_is_broken_at_its_relations() -> None:
    terms = [Math.name(letter * 9) for letter in "abcdefgh"]
    row = Math.row(*(part for t in terms for part in (Math.sign("="), t)))
    text = to_terminal(Document("x", (Equations((Row(Math.row(Math.name("x"), row.parts[0], *row.parts[1:])),)),)), 40)
    assert max(map(len, text.splitlines())) <= 40
    assert [line.split()[-1] for line in text.splitlines()[3:]] == [str(t) for t in terms]


def test_a_table_that_is_too_wide_becomes_a_list() -> None:
    table = Table(("name", "value", "remark"), (("first", Math.name("W1"), LONG), ("second", "2", "short")))
    text = to_terminal(Document("x", (table,)), 50)
    assert max(map(len, text.splitlines())) <= 50
    assert "  value: W₁" in text
    assert " ".join(text.split()).count(LONG) == 1


def test_colours_are_codes_around_the_same_text(document: Document) -> None:
    coloured = to_terminal(document, 90, colour=True)
    assert "\x1b[" in coloured
    plain = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines())
    assert plain == to_terminal(document, 90).rstrip("\n")


def test_a_formula_in_a_line_of_text_is_not_broken() -> None:
    m = Math.row(Math.name("a"), Math.sign("+"), Math.name("b"))
    for columns in range(20, 40):
        text = to_terminal(Document("x", (Paragraph(("some words before it ", m, " and after")),)), columns)
        assert "a + b" in text


def test_a_terminal_shows_markup_as_it_is(hostile: Document) -> None:
    assert to_terminal(hostile, 200).count(HOSTILE) >= 10
    assert "[bold]x[/bold]" in to_terminal(Document("t", (Paragraph(("[bold]x[/bold]",)),)), 80)


# Markdown -------------------------------------------------------------------------------------------------------------


def formulas(markdown: str) -> list[str]:
    blocks = re.findall(r"^\$\$\n(.*?)\n\$\$$", markdown, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^\$\$\n.*?\n\$\$$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return blocks + re.findall(r"(?<!\\)\$([^$\n]+?)(?<!\\)\$", rest)


def test_the_formulas_of_markdown_are_read_by_another_program(document: Document) -> None:
    found = formulas(to_markdown(document))
    assert len(found) >= 10
    for latex in found:
        assert convert(latex).startswith("<math")
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\begin") == latex.count(r"\end")


def test_markdown_is_read_as_what_it_was_made_of(document: Document) -> None:
    html = MarkdownIt("commonmark").enable("table").render(to_markdown(document))
    assert html.count("<h1>") == 1
    assert html.count("<h2>") == 4
    assert html.count("<h3>") == 1
    assert html.count("<tr>") == 4
    assert html.count("<blockquote>") == 5
    assert "<em>What is known after the first step</em>" in html


def test_what_a_user_gives_is_text_in_markdown(hostile: Document) -> None:
    markdown = re.sub(r"^\$\$\n.*?\n\$\$$", "", to_markdown(hostile), flags=re.DOTALL | re.MULTILINE)
    html = MarkdownIt("commonmark").enable("table").render(markdown)
    assert "<script" not in html
    assert not re.search(r"<(?!/?(h[12]|p|table|thead|tbody|tr|th|td|pre|code|em|strong|blockquote)\b)", html)
    assert html.count("<th>") == 2


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE, "1. a", "1) a", "- a", "+ a", "# a", "> a", "a\n===", "a\n---", "**b**", "[a](b)", "![a](b)", "&amp;",
        "~~a~~",
    ],
)  # fmt: skip
def test_text_in_markdown_reads_as_itself(text: str) -> None:
    html = MarkdownIt("commonmark").enable("strikethrough").render(markdown_text(text))
    shown = re.sub(r"</?p>", "", html).strip()
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("&", "&amp;")):
        shown = shown.replace(entity, sign) if sign != "&" else shown.replace("&amp;", "&")
    assert shown == text


def test_a_bar_in_a_formula_does_not_end_the_cell_of_a_table() -> None:
    m = Math.row(Math.sign("|"), Math.name("x"), Math.sign("|"), Math.sign("<"), Math.number(1))
    markdown = to_markdown(Document("x", (Table(("a", "b"), (("r", m),)),)))
    assert markdown.splitlines()[-1].count("|") == 3
    assert "<" not in markdown


# LaTeX ----------------------------------------------------------------------------------------------------------------


def balanced(latex: str) -> bool:
    plain = re.sub(r"\\[{}\\]", "", latex)
    depth = 0
    for c in plain:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    return not depth and re.findall(r"\\begin\{(.*?)\}", latex).sort() == re.findall(r"\\end\{(.*?)\}", latex).sort()


@pytest.mark.parametrize("kind", ["document", "hostile"])
def test_latex_is_balanced_and_names_the_plain_packages(kind: str, request: pytest.FixtureRequest) -> None:
    latex = to_latex(request.getfixturevalue(kind))
    assert balanced(latex)
    packages = ",".join(re.findall(r"\\usepackage(?:\[.*?\])?\{(.*?)\}", latex)).split(",")
    assert set(packages) <= {"fontenc", "inputenc", "amsmath", "amssymb", "array", "booktabs"}
    assert r"\input{" not in latex


def test_latex_compiles(document: Document, hostile: Document, tmp_path: Path) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdflatex is not installed")
    letters = "".join(map(chr, range(0xA1, 0x180))) + "αΩσ∂∇Σ⊙⊗←⇒≈²₃ᵀˡ½⎡⎣𝟏漢✓✗ﬁ…–—“”’\u0301│─"
    everything = Document(
        "All letters", (Paragraph(tuple(f"{c} " for c in letters)), Paragraph((Math.words(letters),)))
    )
    wide = Document("Wide", (Equations((Row(Math.matrix([[Math.number(k) for k in range(20)]]), LONG),)),))
    for n, d in enumerate((document, hostile, everything, wide)):
        (tmp_path / f"{n}.tex").write_text(to_latex(d), encoding="utf-8")
        command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", f"{n}.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
        log = done.stdout.decode("latin-1")
        assert done.returncode == 0, log[-2000:]
        assert "Missing character" not in log


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b", r"\text{a}\_\text{b}"),
        ("σ′(x)", r"\sigma '\text{(x)}"),
        ("Wᵀ x⁻¹₂", r"\text{W}^{\top }\text{ x}^{-1}_{2}"),
        ("x₂³", r"\text{x}_{2}{}^{3}"),
        ("漢 é", r"\text{漢 é}"),
        ("a\nb", r"\text{a b}"),
        ("", ""),
    ],
)
def test_words_in_a_formula_use_no_command_within_a_text(text: str, latex: str) -> None:
    """Renderers on the web show \\% and the like within a text as they stand, or refuse them."""
    assert math_text(text) == latex
    assert not latex or convert(latex)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("50 % & _x_", r"50 \% \& \_x\_"),
        ("σ ≈ 2", r"\ensuremath{\sigma} \ensuremath{\approx} 2"),
        ("x²", r"x\textsuperscript{2}"),
        ("é", "é"),
        ("漢", r"\texttt{U+6F22}"),
    ],
)
def test_text_is_written_so_that_latex_can_set_it(text: str, latex: str) -> None:
    assert latex_text(text) == latex


def wide_sum() -> Math:
    terms = [Math.words(letter * 20) for letter in "abcd"]
    parts = [Math.name("x"), Math.sign("="), terms[0]]
    for term in terms[1:]:
        parts += [Math.sign("+"), term]
    return Math.row(*parts)


def test_a_wide_sum_is_broken_between_its_terms() -> None:
    text = to_terminal(Document("t", (Equations((Row(wide_sum(), "why"),)),)), 60)
    assert [line for line in text.splitlines() if "+" in line or "=" in line] == [
        "  x = aaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbb",
        "     + cccccccccccccccccccc + dddddddddddddddddddd",
    ]
    assert text.count("+") == 3


def test_a_minus_that_is_a_sign_of_its_own_term_is_not_broken_at() -> None:
    negative = Math.row(Math.sign("="), Math.sign("−"), Math.words("a" * 30), Math.sign("⊙"), Math.words("b" * 30))
    assert [str(m) for m in negative.lines(40)] == [f"= −{'a' * 30}", f" ⊙ {'b' * 30}"]


def test_what_is_folded_away_is_as_narrow_as_the_terminal() -> None:
    words = "word " * 60
    page = Document("t", (Details("d", (Paragraph((words,)), Note(words), Details("e", (Paragraph((words,)),)))),))
    assert max(map(len, to_terminal(page, 80).splitlines())) <= 80


def test_reasons_in_latex_stand_beside_all_formulas_of_a_display_or_below_them() -> None:
    narrow, reason = Row(Math.row(Math.name("x"), Math.sign("="), Math.name("y")), "short"), "a reason " * 8
    assert "&& " in to_latex(Document("t", (Equations((narrow,)),)))
    assert "&& " not in to_latex(Document("t", (Equations((narrow, Row(wide_sum(), reason))),)))


def test_a_remark_has_its_sign_in_latex() -> None:
    assert r"\textbullet{} \textbf{Note:}" in to_latex(Document("t", (Note("said"),)))
