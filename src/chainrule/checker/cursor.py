"""A place in the tokens of a formula, and the steps that the parts of the grammar share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from chainrule.checker import alphabet
from chainrule.checker.brackets import Pairs, family, pair
from chainrule.checker.syntax import Node, Symbol
from chainrule.checker.tokens import Token, Unreadable

MAX_DEPTH = 40  # factors within factors: each takes up to fifteen calls of Python
T = TypeVar("T")


class Cursor:
    """Reads tokens[pos:end]. Ranges of tokens are pairs (i, j) of positions, j excluded."""

    def __init__(self, text: str, tokens: list[Token], pairs: Pairs | None = None) -> None:
        self.text = text
        self.tokens = tokens
        self.pairs = pair(tokens) if pairs is None else pairs
        self.pos, self.end = 0, len(tokens)
        self.reached = tokens[0].start if tokens else 0  # where what was read last ends in the text
        self.depth = 0

    # ── looking and stepping ─────────────────────────────────────────────────────────────────────────────────────

    def peek(self) -> Token | None:
        """The next token; spaces and marks of alignment are passed over."""
        while self.pos < self.end and self.skips(self.tokens[self.pos]):
            self.pos += 1
        return self.tokens[self.pos] if self.pos < self.end else None

    @staticmethod
    def skips(t: Token) -> bool:
        return t.kind in {"space", "row"} or (t.kind == "mark" and t.text == "&")

    def step(self) -> Token:
        t = self.peek()
        if t is None:
            raise Unreadable("something is missing at the end", self.reached)
        self.pos += 1
        self.reached = t.end
        return t

    def jump(self, j: int) -> None:
        """Go on at token j."""
        self.pos = j
        self.reached = max(self.reached, self.tokens[j - 1].end)

    def at(self, *texts: str) -> bool:
        """Whether the next token is a mark or command of one of these texts."""
        t = self.peek()
        return t is not None and t.kind in {"mark", "command"} and t.text in texts

    def closing(self, i: int) -> int:
        """The token that closes the bracket at i, within what is being read."""
        j = self.pairs.close.get(i)
        if j is None or j >= self.end:
            raise Unreadable("a bracket that is not closed", self.tokens[i].start)
        return j

    def inside(self, i: int, j: int, read: Callable[[], T]) -> T:
        """What `read` makes of the range i, j, which it must use up."""
        saved = self.pos, self.end
        reached = self.reached
        self.pos, self.end = i, j
        out = read()
        rest = self.peek()
        if rest is not None:
            raise Unreadable(self.unexpected(rest), rest.start)
        self.pos, self.end = saved
        self.reached = max(reached, self.reached)
        return out

    def unexpected(self, t: Token) -> str:
        if family(t) is not None:
            return "a bracket without its partner"
        if t.kind == "words":
            return f"words within a formula: {t.text[:40]}"
        shown = ("\\" if t.kind == "command" and t.text.isalpha() else "") + t.text
        return f"{shown[:40]} is not understood here"

    # ── ranges ───────────────────────────────────────────────────────────────────────────────────────────────────

    def unit(self) -> tuple[int, int]:
        r"""The argument that TeX would take next, {…} or a token with its arguments, as a range without braces."""
        t = self.step()
        i = self.pos - 1
        if t.kind == "mark" and t.text == "{":
            j = self.closing(i)
            self.jump(j + 1)
            return i + 1, j
        if t.kind == "command":
            count = 2 if t.text in {"frac", "dfrac", "tfrac", "cfrac"} else 0
            count = 1 if t.text in alphabet.PLAIN_FONTS or t.text in alphabet.ACCENTS else count
            count = 1 if t.text in alphabet.MARKED_FONTS or t.text == "sqrt" else count
            for _ in range(count):
                self.depth += 1
                if self.depth > MAX_DEPTH:
                    raise Unreadable("nested too deeply", t.start)
                self.unit()
                self.depth -= 1
        elif i in self.pairs.close and t.kind in {"left", "begin"}:
            self.jump(self.closing(i) + 1)
        return i, self.pos

    def split(self, i: int, j: int, at: Callable[[Token], bool]) -> list[tuple[int, int]]:
        """The parts of a range between the tokens that `at` picks out, brackets kept whole."""
        parts: list[tuple[int, int]] = []
        start = k = i
        while k < j:
            close = self.pairs.close.get(k)
            if close is not None and close < j:
                k = close
            elif at(self.tokens[k]):
                parts.append((start, k))
                start = k + 1
            k += 1
        parts.append((start, j))
        return parts

    def find(self, i: int, j: int, at: Callable[[Token], bool]) -> bool:
        """Whether `at` holds for a token of the range outside brackets."""
        return len(self.split(i, j, at)) > 1

    def filled(self, i: int, j: int) -> list[int]:
        """The positions in a range of what is not space."""
        return [k for k in range(i, j) if not self.skips(self.tokens[k])]

    def symbol(self, name: str, t: Token, *, upright: bool = False) -> Symbol:
        return Symbol(name, upright, start=t.start, end=t.end)


class Parts(Cursor, ABC):
    """What the parts of the grammar, which build on each other, know of the whole."""

    @abstractmethod
    def expression(self) -> Node:
        """A sum of terms, up to where the range ends."""

    @abstractmethod
    def term(self) -> Node:
        """A product of factors."""

    @abstractmethod
    def factor(self) -> Node:
        """A factor with its scripts."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a factor may begin here."""


def relation(t: Token) -> str | None:
    """The name of a relation sign, None for any other token."""
    return alphabet.RELATIONS.get(t.text) if t.kind in {"mark", "command"} else None


def is_relation(t: Token) -> bool:
    return relation(t) is not None


def is_comma(t: Token) -> bool:
    return t.kind == "mark" and t.text in {",", ";"}
