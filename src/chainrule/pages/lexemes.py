"""LaTeX as lexemes, gone through one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass

LEXEME = re.compile(r"\\[A-Za-z]+\*?|\\.|%[^\n]*\n?|\s+|.", re.DOTALL)

LINES = frozenset(
    ["equation", "align", "aligned", "alignat", "alignedat", "flalign", "gather", "gathered", "split", "multline",
     "multlined", "eqnarray", "subequations", "math", "displaymath", "dmath"]
)  # fmt: skip


def lexemes(latex: str) -> list[str]:
    r"""Commands, comments, white space, and all other characters one by one.

    Examples:
        >>> lexemes(r"\frac12 x")
        ['\\frac', '1', '2', ' ', 'x']
    """
    return [m.group() for m in LEXEME.finditer(latex)]


def rows(latex: str) -> tuple[tuple[int, int], ...]:
    r"""The lines of a display as offsets: those of \begin{aligned} and the like, else the formula as one.

    Examples:
        >>> text = r"\begin{aligned} a &= b \\ &= c \end{aligned}"
        >>> [text[i:j].strip() for i, j in rows(text)]
        ['a &= b', '&= c']
    """
    start, end = 0, len(latex)
    while m := re.match(r"\s*\\begin\{([A-Za-z]+)\*?\}(\{\d+\}|\[[a-z]\])?", latex[start:end]):
        close = re.search(rf"\\end\{{{m[1]}\*?\}}[\s.,;]*\Z", latex[start:end])
        if m[1] not in LINES or close is None:
            break
        start, end = start + m.end(), start + close.start()
    out: list[tuple[int, int]] = []
    depth, at = 0, start
    for m in LEXEME.finditer(latex, start, end):
        word = m.group()
        depth += {"{": 1, "}": -1, r"\begin": 1, r"\end": -1, r"\left": 1, r"\right": -1}.get(word, 0)
        if word == r"\\" and depth <= 0:
            out.append((at, m.start()))
            at = m.end()
    out.append((at, end))
    return tuple((i, j) for i, j in out if latex[i:j].strip(" \n\t&"))


@dataclass
class Lexemes:
    """The lexemes of a formula, and how far they are read."""

    lexemes: list[str]
    at: int = 0

    def peek(self) -> str:
        return self.lexemes[self.at] if self.at < len(self.lexemes) else ""

    def take(self) -> str:
        word = self.peek()
        self.at += 1
        return word

    def skip(self) -> None:
        while self.peek() and (self.peek().isspace() or self.peek().startswith("%")):
            self.at += 1

    def raw(self) -> str:
        """An argument in braces as it is written."""
        self.skip()
        if self.peek() != "{":
            return self.take()
        self.take()
        out: list[str] = []
        depth = 1
        while self.peek():
            word = self.take()
            depth += (word == "{") - (word == "}")
            if not depth:
                break
            out.append(word)
        return "".join(out)

    def option(self) -> str:
        """[…] if it stands there."""
        if self.peek() != "[":
            return ""
        out: list[str] = []
        while self.peek() and (word := self.take()) != "]":
            out.append(word)
        return "".join(out[1:])
