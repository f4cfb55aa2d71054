"""Reports of documents that are damaged in any way: no crash, no line too wide, balanced pages."""

from __future__ import annotations

import random
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chainrule.checker.document import read
from chainrule.checker.marked import to_markdown
from chainrule.checker.page import to_html
from chainrule.checker.report import OUTCOMES, Claim, Report
from chainrule.checker.terminal import to_terminal
from chainrule.errors import DocumentError
from chainrule.pages.boxes import width

DOCUMENTS = [p.read_text(encoding="utf-8") for p in sorted((Path(__file__).parent).glob("*/*.md"))]
PIECES = (
    "$", "$$", "\n\n", "\\\\", "&", "{", "}", "```", "\t", "漢", "> ", "- ", "|", "<!--", "\\[", "\\]",
    "\\begin{align}", "\\end{align}", "`", "\x07", "---\n", "#",
)  # fmt: skip


class Balanced(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None: ...

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def damaged(rng: random.Random) -> str:
    text = rng.choice(DOCUMENTS)
    for _ in range(rng.randint(0, 6)):
        i = rng.randrange(len(text))
        text = text[:i] + rng.choice(PIECES) + text[i + rng.choice((0, 0, 1, 5, 40)) :]
    return text


def any_report(rng: random.Random, text: str, name: str) -> Report:
    """A report with any verdicts on the statements of a document."""
    claims: list[Claim] = []
    document = read(text, name)
    for st in (st for f in document.formulas for st in f.statements):
        a, b = sorted((rng.randint(st.start, st.end), rng.randint(st.start, st.end)))
        verdict = rng.choice(OUTCOMES)
        c = Claim(*document.place(st.start), text[st.start : st.end], verdict, start=st.start, end=st.end, part=(a, b))
        if verdict == "wrong":
            c = replace(c, kind="sign", reason="a & <b>: x, not y", repair=rng.choice((None, r"a & = \frac{")))
            c = replace(c, instead=rng.choice((None, "x")), counterexample=rng.choice((None, "x = 1\nleft 2")))
        claims.append(c)
    return Report(name, text, tuple(claims))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_documents_have_reports(seed: int) -> None:
    rng = random.Random(seed)
    made = 0
    while made < 40:
        text = damaged(rng)
        try:
            report = any_report(rng, text, rng.choice(("-", "a.md", "a.tex")))
        except DocumentError:
            continue
        made += 1
        for columns in (40, 80):
            assert all(width(line) <= columns for line in to_terminal(report, columns).splitlines()), text
        Balanced(to_html([report]))
        Balanced(report._repr_html_())
        assert to_markdown(report).strip()
