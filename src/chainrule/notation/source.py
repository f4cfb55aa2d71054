"""Text that a person typed, and errors that point into it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from chainrule.errors import ChainruleError, ParseError

Failure = TypeVar("Failure", bound=ChainruleError)
Span = tuple[int, int]
_WIDTH = 100  # longer lines are cut around the place


@dataclass(frozen=True, slots=True)
class Source:
    """A text; `name` says which one it is where there are several ("given")."""

    text: str
    name: str = ""

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def show(self, spans: Iterable[Span], main: Span) -> str:
        """The lines of the spans, each with a mark below: ^ under the main one, ~ under the others."""
        spans = sorted({*spans, main})
        rows: dict[int, list[Span]] = {}
        for start, end in spans:
            rows.setdefault(self.position(start)[0], []).append((start, end))
        out: list[str] = []
        for line, marks in rows.items():
            begin = self._begin(line)
            text = self.text[begin:].split("\n", 1)[0]
            cells = [" "] * (len(text) + 1)
            for start, end in marks:
                sign = "^" if (start, end) == main else "~"
                stop = max(start + 1, min(end, begin + len(text)))
                for at in range(start - begin, min(stop - begin, len(cells))):
                    cells[at] = sign
            out += _cut(text, "".join(cells).rstrip())
        return "\n".join(out)

    def slice(self, span: Span) -> str:
        """What stands there, in one line and not too long."""
        text = " ".join(self.text[span[0] : span[1]].split())
        return text if len(text) <= 30 else text[:27] + "…"

    def _begin(self, line: int) -> int:
        begin = 0
        for _ in range(line - 1):
            begin = self.text.index("\n", begin) + 1
        return begin

    def error(
        self, message: str, span: Span, *, hint: str = "", also: Iterable[Span] = (), kind: type[Failure] = ParseError
    ) -> Failure:
        """An error at a place of this text."""
        line, column = self.position(span[0])
        where = f"{self.name}, line {line}" if self.name else f"line {line}"
        error = kind(f"{where}, column {column}: {message}", hint=hint, place=self.show(also, span))
        error.line, error.column = line, column
        return error


def _cut(text: str, marks: str) -> list[str]:
    if len(text) <= _WIDTH:
        return [text, marks]
    first = len(marks) - len(marks.lstrip())
    low = max(0, min(first - _WIDTH // 2, len(text) - _WIDTH))
    left, right = "… " if low else "", " …" if low + _WIDTH < len(text) else ""
    return [left + text[low : low + _WIDTH] + right, " " * len(left) + marks[low : low + _WIDTH]]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, if one is like it at all."""
    names = sorted(set(known))
    lower = {n.lower(): n for n in reversed(names)}
    if name.lower() in lower:
        return lower[name.lower()]
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return found[0] if found else None
