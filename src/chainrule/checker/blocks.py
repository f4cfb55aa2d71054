"""A checked document in pieces for reports: paragraphs, the formulas in them, and the claims of each formula."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.checker.document import read
from chainrule.checker.report import Claim, Report
from chainrule.pages.lexemes import rows

_OPENS = re.compile(
    r"(\$\$|\$`?|\\\\?\[|\\\\?\(|\\begin\{(?:equation|math|displaymath)\*?\}"
    r"|[`~]{3,}[ \t]*\{?(?:math|latex|tex)\}?)\s*\Z"
)
_CLOSES = re.compile(r"\s*(\$\$|`?\$|\\\\?\]|\\\\?\)|\\end\{(?:equation|math|displaymath)\*?\}|[`~]{3,})[ \t]*[.,;]?")
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Row:
    """A line of a formula, as offsets, and the claims that are made in it."""

    start: int
    end: int
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Place:
    """A formula: with its delimiters it is text[start:end]."""

    start: int
    end: int
    display: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Block:
    """A paragraph: text[start:end], and the formulas in it."""

    start: int
    end: int
    places: tuple[Place, ...]

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(c for p in self.places for r in p.rows for c in r.claims)


def blocks(report: Report) -> tuple[Block, ...]:
    """The paragraphs of a report's document, in order."""
    text = report.text
    places = _places(report)
    kept = [(p.start, p.end) for p in places] + [m.span() for m in _FENCE.finditer(text)]
    front = _FRONT.match(text)
    if front is not None:
        kept.append(front.span())
    out: list[Block] = []
    at = 0
    for m in re.finditer(r"\n[ \t]*(?:\n[ \t]*)+", text):
        if not any(a < m.end() and m.start() < b for a, b in kept):
            out.append(_block(at, m.start(), places))
            at = m.end()
    out.append(_block(at, len(text), places))
    return tuple(b for b in out if text[b.start : b.end].strip())


def _block(start: int, end: int, places: list[Place]) -> Block:
    return Block(start, end, tuple(p for p in places if start <= p.start < end))


def _places(report: Report) -> list[Place]:
    out: list[Place] = []
    text, at = report.text, 0
    for f in read(text, report.file).formulas:
        opened = _OPENS.search(text, max(at, f.start - 60), f.start)
        closed = _CLOSES.match(text, f.end) if opened else None
        start = opened.start() if opened else f.start
        end = closed.end(1) if closed else f.end
        claims = [c for c in report.claims if f.start <= c.start < f.end]
        lines = rows(f.source) if f.display else ((0, len(f.source)),)
        ends = [f.start + i for i, _ in lines[1:]] + [f.end]
        made: list[Row] = []
        for (i, j), stop in zip(lines, ends, strict=True):
            made.append(Row(f.start + i, f.start + j, tuple(c for c in claims if c.start < stop)))
            claims = [c for c in claims if c.start >= stop]
        out.append(Place(start, end, f.display, tuple(made)))
        at = end
    return out
