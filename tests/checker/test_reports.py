"""What a report shows: in the terminal, as Markdown, as a page, as a table; and how much it gives away."""

from __future__ import annotations

import csv
import io
import pickle
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.checker.advice import advice
from chainrule.checker.blocks import blocks
from chainrule.checker.excerpt import excerpt, narrowed, wrapped
from chainrule.checker.hints import hinted
from chainrule.checker.marked import to_markdown
from chainrule.checker.page import to_html
from chainrule.checker.table import to_csv
from chainrule.checker.terminal import to_terminal
from chainrule.pages.boxes import width

ROOT = Path(__file__).resolve().parents[2]
TEXT = r"""# 선형층

Let $y = Wx + b$ with $W \in \mathbb{R}^{m \times d}$, $x \in \mathbb{R}^d$, $b \in \mathbb{R}^m$ and $L = L(y)$.

\begin{aligned}
\frac{\partial L}{\partial x} &= W \frac{\partial L}{\partial y} \\
\frac{\partial L}{\partial b} &= \frac{\partial L}{\partial y}
\end{aligned}

$$\frac{\partial Q}{\partial W} = R x^\top$$
"""


@pytest.fixture(scope="module")
def report() -> cr.Report:
    return cr.check(TEXT)


def test_the_terminal_shows_lines_marks_the_wrong_part_and_the_repair(report: cr.Report) -> None:
    shown = to_terminal(report)
    assert shown.splitlines()[:7] == [
        r"≔    3  Let $y = Wx + b$ with $W \in \mathbb{R}^{m \times d}$, $x \in \mathbb{R…",
        r"✗    6  \frac{\partial L}{\partial x} &= W \frac{\partial L}{\partial y} \\",
        r"                                         ^",
        r"        a transpose is wrong: W^\top, not W",
        r"        it should be: \frac{\partial L}{\partial x} = W^\top \frac{\partial",
        r"          L}{\partial y}",
        r"✓    7  \frac{\partial L}{\partial b} &= \frac{\partial L}{\partial y}",
    ]
    assert shown.splitlines()[-2:] == [
        "Line 6 is the first wrong one: a transpose is missing or too many.",
        "8 relations: 1 wrong, 1 not understood, 1 right, 5 definitions.",
    ]
    assert str(report) == shown


def test_nothing_is_wider_than_the_terminal(report: cr.Report) -> None:
    for columns in (40, 60, 80, 200):
        assert all(width(line) <= columns for line in to_terminal(report, columns).splitlines())


def test_colours_come_as_codes_and_not_where_they_are_not_wanted(
    report: cr.Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = to_terminal(report, colour=True)
    assert "\x1b[1;31m✗" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == to_terminal(report)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in to_terminal(report, colour=True)


def test_a_report_keeps_control_characters_to_itself() -> None:
    shown = str(cr.check("Let $x > 0$ \x1b[31m and\t$y = x^2$.\n"))
    assert "\x1b" not in shown
    assert "\t" not in shown


@pytest.mark.parametrize(
    "line", ["a = 3x", "\t\ta = 3x", "미분하면 a = 3x 이다", "x" * 200 + "a = 3x", "漢" * 90 + "3x" + "字" * 90]
)
def test_carets_stand_under_what_they_mean(line: str) -> None:
    start = line.index("3x")
    shown, carets = excerpt(line, start, start + 2, 60)
    assert width(shown) <= 60
    columns = "".join(c + "\0" * (width(c) - 1) for c in shown)
    assert columns[carets.index("^") : carets.rindex("^") + 1] == "3x"


@pytest.mark.parametrize(
    ("was", "instead", "part"),
    [
        (r"\begin{bmatrix} -1 \\ 2 \end{bmatrix}", r"\begin{bmatrix} -2 \\ 2 \end{bmatrix}", "-1"),
        ("W x", "W^\\top x", "W x"),
        ("w^{l}", "w^{l+1}", "w^{l}"),
        ("a - b", "a + b", "-"),
        ("x", "y", "x"),
    ],
)
def test_the_part_that_is_underlined_is_what_the_repair_changes(was: str, instead: str, part: str) -> None:
    assert was[slice(*narrowed(was, instead))] == part


def test_text_is_broken_by_columns_at_spaces_where_it_can_be() -> None:
    assert wrapped("미분 하면 된다", 9) == ["미분 하면", "된다"]
    assert wrapped("a" * 25, 10, "  ") == ["a" * 10, "  " + "a" * 8, "  " + "a" * 7]


def test_hints_give_away_lines_then_kinds_then_all(report: cr.Report) -> None:
    one, two, three = (hinted(report, level) for level in (1, 2, 3))
    wrong = [r.wrong[0] for r in (one, two, three)]
    assert [(c.line, c.column, c.verdict) for c in wrong] == [(6, 34, "wrong")] * 3
    assert [c.kind for c in wrong] == [None, "missing-transpose", "missing-transpose"]
    assert [c.reason for c in wrong][:2] == ["", "a transpose is missing or too many"]
    assert [c.repair is None for c in wrong] == [True, True, False]
    assert [c.counterexample is None for c in wrong][:2] == [True, True]
    for shown in (to_terminal, to_markdown, lambda r: to_html([r]), lambda r: str(r.to_dict())):
        assert "transpose" not in shown(one).replace(TEXT, "")
        assert "should be" not in shown(one)
        assert "a transpose is missing" in shown(two)
        assert "should be" not in shown(two)
        assert "^^" not in shown(one)


def test_markdown_keeps_the_document_and_puts_notes_after_its_paragraphs(report: cr.Report) -> None:
    made = to_markdown(report)
    assert re.sub(r"(?m)^>.*\n?", "", made).split() == [*TEXT.split(), "---", *made.rsplit("---", 1)[1].split()]
    row = "\\frac{\\partial L}{\\partial x} &= W^\\top \\frac{\\partial L}{\\partial y}"
    assert (
        "\\end{aligned}\n\n> ✗ **line 6**: a transpose is wrong: $W^\\top$, not $W$\n>\n"
        f"> It should be: ${row.replace('&', '')}$\n>\n> ✓ **line 7**\n"
    ) in made


def test_latex_is_shown_as_its_source_in_markdown() -> None:
    text = "\\begin{document}\nLet $x > 0$ and $y = x^2$.\n\\end{document}\n"
    assert to_markdown(cr.check(text)).startswith("```latex\n\\begin{document}\nLet $x > 0$ and $y = x^2$.\n")


def test_paragraphs_are_not_broken_within_formulas_and_code() -> None:
    text = "---\nkey: a\n\nb: c\n---\n\n$$\nx\n\n= 4\n$$\n\n```python\na\n\nb = 1\n```\n\n- end\n"
    assert [text[b.start : b.end].strip()[:6] for b in blocks(cr.check(text))] == [
        "---\nke",
        "$$\nx\n\n",
        "```pyt",
        "- end",
    ]


class Page(HTMLParser):
    """The elements of a page, checked to be balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "text",
    [TEXT, (ROOT / "examples/homework/softmax.md").read_text(encoding="utf-8"),
     "# <script>a()</script>\n\n<img src=https://a.b/c> [x](https://a.b) $a = 1$\n\n![](//c.d)\n\n$$\\text{<b>} = 3$$"],
    ids=["aligned", "example", "hostile"],
)  # fmt: skip
def test_a_page_is_balanced_and_loads_nothing(text: str) -> None:
    html = to_html([cr.check(text)], [("x<y>.md", "not & text")])
    page = Page(html)
    assert html.startswith("<!doctype html>")
    for tag, attributes in page.elements:
        assert tag not in {"script", "img", "iframe", "object", "embed", "base", "b"}
        for key in ("src", "href", "action", "background"):
            assert (attributes.get(key) or "data:").startswith("data:")
    assert all(u.startswith("data:") for u in re.findall(r"url\([\"']?([^)\"']*)", html))
    assert "@import" not in html
    [policy] = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in (policy or "")
    assert "x&lt;y&gt;.md: not &amp; text" in html


def test_a_page_has_formulas_set_marks_beside_them_and_reasons(report: cr.Report) -> None:
    html = to_html([report])
    assert (
        html.count('<div class="line is-wrong"><span class="mark is-wrong" role="img" aria-label="wrong">✗</span>') == 1
    )
    assert '<span class="at">6</span><div class="formula"><math displaystyle="true"' in html
    assert "<h2>선형층</h2>" in html
    assert "a transpose is wrong: <math" in html
    assert "<p>It should be: <math" in html
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html


def test_a_notebook_shows_a_report(report: cr.Report) -> None:
    assert Page(report._repr_html_()).elements[0] == ("div", {"class": "chainrule-check"})
    assert report._repr_markdown_() == to_markdown(report)
    assert pickle.loads(pickle.dumps(report)) == report


def test_a_class_is_a_row_a_document(report: cr.Report) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([report, hinted(report, 1), ("b,c.md", "not\ntext")]))))
    assert rows[0] == {
        "file": "-", "relations": "8", "right": "1", "wrong": "1", "follows": "0", "definition": "5",
        "not_understood": "1", "first_wrong_line": "6", "kind": "missing-transpose", "error": "",
    }  # fmt: skip
    assert (rows[1]["first_wrong_line"], rows[1]["kind"]) == ("6", "")
    assert (rows[2]["file"], rows[2]["relations"], rows[2]["error"]) == ("b,c.md", "", "not text")


def test_advice_names_what_to_add() -> None:
    assert (
        advice("nothing says what W is")
        == r"say its shape, as in $W \in \mathbb{R}^{m \times n}$, or what it is, as in $W = …$"
    )
    assert advice("something quite different") == ""


def test_advice_to_say_a_shape_works() -> None:
    text = r"$$\frac{\partial q}{\partial v} = 2 v$$"
    asked = r"Let $v \in \mathbb{R}^{n}$ and $q = v^\top v$." + "\n\n" + text
    assert cr.check(text).summary["not understood"] == 1
    assert cr.check(asked).summary["right"] == 1


def test_a_new_meaning_is_noted_with_the_line_of_the_old_one() -> None:
    text = "Let $x = 4$.\n\n$$x = 5$$\n"
    assert "it is defined anew; it had another meaning from line 1 on" in str(cr.check(text))


def test_a_page_of_latex_leaves_its_preamble_out_and_sets_its_commands() -> None:
    text = (
        "\\documentclass{article}\n\\newcommand{\\R}{\\mathbb{R}}\n\\begin{document}\n\\section{One}\n"
        "Let $x \\in \\R^n$ and $y = x^\\top x$.\n\\end{document}\n"
    )
    html = to_html([cr.check(text)])
    body = html[html.index("<section") :]
    assert "<mo>∈</mo><msup><mi>ℝ</mi><mi>n</mi></msup>" in body
    assert "<strong>One</strong>" in body
    assert "documentclass" not in body
    assert "{document}" not in body
