"""The statements of a formula: chains of relations, apart from each other and from the words between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chainrule.checker import alphabet
from chainrule.checker.cursor import is_comma, relation
from chainrule.checker.grammar import Grammar
from chainrule.checker.lines import lines
from chainrule.checker.macros import Macro, expand
from chainrule.checker.syntax import Dots, Group, Node, Number, Statement, Symbol, Unread
from chainrule.checker.tokens import Token, Unreadable, tokenise

_MAX_SOURCE = 200_000
_OPERATORS = frozenset({*alphabet.TIMES, *alphabet.DIVIDES, *alphabet.SIGNS, "partial", "'"})
_NUMBER = re.compile(r"\(?\d+\)?\Z|[①-⑳❶-❿Ⓐ-ⓩ]\Z")


def statements(text: str, start: int, end: int, macros: Mapping[str, Macro]) -> tuple[Statement, ...]:
    """The statements of text[start:end]. What cannot be read is `Unread` in its side, or is the whole statement."""
    if end - start > _MAX_SOURCE:
        return (_unread(text, start, end, "the formula is too long", 0),)
    try:
        rows = lines(expand(tokenise(text, start, end), macros))
    except Unreadable as e:
        return (_unread(text, start, end, e.reason, 0),)
    out: list[Statement] = []
    for k, row in enumerate(rows):
        try:
            out.extend(_Row(text, row, k).statements())
        except Unreadable as e:
            out.append(_unread(text, row[0].start, row[-1].end, e.reason, k))
    return tuple(out)


def _unread(text: str, start: int, end: int, reason: str, row: int) -> Statement:
    node = Unread(reason, text[start:end], start=start, end=end)
    return Statement((node,), (), row, start=start, end=end)


@dataclass(slots=True)
class _Part:
    """What stands between two separators: ranges of tokens with relation signs between them."""

    sides: list[tuple[int, int]]
    signs: list[str] = field(default_factory=list[str])
    words: str = ""
    comma: bool = False  # a comma, and no more, stands before it


def _item_label(tokens: list[Token]) -> int:
    """How many tokens are the item of a list: "p3)", "a)", or "(ii)" before wide space."""
    shut = next((k for k, t in enumerate(tokens[:4]) if t.text == ")"), -1)
    if not 0 < shut < len(tokens) - 1:
        return 0
    if tokens[0].text == "(":
        return shut + 1 if shut > 1 and tokens[shut + 1].text in alphabet.WIDE else 0
    return shut + 1 if all(t.kind in {"letter", "digit", "name"} for t in tokens[:shut]) else 0


def _number_at_end(tokens: list[Token]) -> int:
    r"""How many tokens at the end are a number of the equation: \quad (3), \cdots (3), \cdots ①."""
    if len(tokens) > 2 and tokens[-1].kind == "words" and _NUMBER.match(tokens[-1].text):
        return 1
    texts = [t.text for t in tokens[-4:]]
    led = len(texts) == 4 and texts[0] in {"quad", "qquad"} | alphabet.DOTS
    return 3 if led and texts[1] == "(" and texts[2].isdigit() and texts[3] == ")" else 0


class _Row:
    def __init__(self, text: str, tokens: list[Token], row: int) -> None:
        self.text, self.row = text, row
        self.label, self.lead, self.after = "", "", ""
        self.grammar = Grammar(text, self._without_ends(tokens))

    def _without_ends(self, tokens: list[Token]) -> list[Token]:
        """The tokens without a number of the equation, a label of the item before, and the full stop after."""
        out = list(tokens)
        for t in [t for t in out if t.kind == "tag"]:
            self.label = self.label or t.text
        out = [t for t in out if t.kind != "tag"]
        shut = _item_label(out)
        self.lead = "".join(t.text for t in out[:shut])
        del out[:shut]
        while out and (out[-1].kind == "space" or (out[-1].kind == "mark" and out[-1].text in {".", ",", ";", ":"})):
            out.pop()
        number = _number_at_end(out)
        if number:
            self.label = self.label or "".join(t.text for t in out[-number:] if t.kind != "mark").strip("()")
            del out[-number:]
            while out and (out[-1].kind == "space" or out[-1].text in alphabet.DOTS):
                out.pop()
        return out

    def statements(self) -> list[Statement]:
        parts = self._joined(self._parts())
        out: list[Statement] = []
        for p in parts:
            sides: list[Node | None] = []
            for n, (i, j) in enumerate(p.sides):
                sides.append(None if n == 0 and p.signs and not self.grammar.filled(i, j) else self._side(i, j))
            first, last = p.sides[0][0], p.sides[-1][1] - 1
            tokens = self.grammar.tokens
            start = min(tokens[k].start for k in self.grammar.filled(first, last + 1))
            end = max(tokens[k].end for k in self.grammar.filled(first, last + 1))
            words = " ".join(w for w in (self.lead, p.words) if w)
            self.lead = ""
            after = self.after if p is parts[-1] else ""
            out.append(
                Statement(tuple(sides), tuple(p.signs), self.row, words, self.label, after, start=start, end=end)
            )
        return out

    def _side(self, i: int, j: int) -> Node:
        """An expression, or a list of them where there are commas; unread if there is an obstacle."""
        g = self.grammar
        places = g.filled(i, j)
        if not places:
            at = g.tokens[max(0, i - 1)].end
            return Unread("nothing stands after the relation sign", "", start=at, end=at)
        start, end = g.tokens[places[0]].start, max(g.tokens[k].end for k in places)
        only = g.tokens[places[0]]
        if len(places) == 1 and only.kind in {"mark", "command"} and only.text in _OPERATORS:
            return Symbol(only.text, start=start, end=end)  # as in "\odot is the entrywise product"
        try:
            g.depth = 0
            g.pos, g.end, g.reached = 0, len(g.tokens), start
            ranges = [r for r in g.split(i, j, is_comma) if g.filled(*r)]
            items = tuple(g.inside(a, b, g.expression) for a, b in ranges)
            return items[0] if len(items) == 1 else Group(items, "", start=start, end=end)
        except Unreadable as e:
            return Unread(e.reason, self.text[start:end], start=start, end=end)
        except RecursionError:  # whoever called is deep already
            return Unread("nested too deeply", self.text[start:end], start=start, end=end)

    # ── separators ───────────────────────────────────────────────────────────────────────────────────────────────

    def _parts(self) -> list[_Part]:
        """The row cut at commas, wide spaces and words."""
        g = self.grammar
        n = len(g.tokens)
        parts: list[_Part] = []
        part = _Part([(0, 0)])
        words: list[str] = []
        k = 0

        def close(at: int, *, comma: bool) -> None:
            nonlocal part
            part.sides[-1] = part.sides[-1][0], at
            if part.signs or g.filled(*part.sides[0]):
                part.words = " ".join(words)
                words.clear()
                parts.append(part)
                part = _Part([(at + 1, at + 1)], comma=comma)
            else:
                part = _Part([(at + 1, at + 1)], comma=part.comma and comma)

        while k < n:
            t = g.tokens[k]
            shut = g.pairs.close.get(k)
            sign = relation(t) or (g.sideways_relation(k) if t.text in {"overset", "underset", "stackrel"} else None)
            if shut is not None and not parts and not part.signs and self._encloses(k, shut):
                # (because a = b): brackets around the whole of it.
                part.sides[-1] = k + 1, k + 1
                n = shut
            elif shut is not None:
                k = shut
            elif sign == ":" and not part.signs and not g.filled(part.sides[0][0], k):
                part.sides[-1] = k + 1, k + 1  # a colon after words
            elif sign is not None:
                part.sides[-1] = part.sides[-1][0], k
                k = self._last_of_sign(k)
                part.signs.append(alphabet.RELATIONS.get(sign, sign))
                part.sides.append((k + 1, k + 1))
            elif is_comma(t):
                close(k, comma=True)
            elif t.kind == "space" and t.text in alphabet.WIDE and self._separates(k, n):
                close(k, comma=False)
            elif t.kind == "words":
                close(k, comma=False)
                words.append(t.text)
                part.comma = False
            k += 1
        close(n, comma=False)
        self.after = " ".join(words)
        return parts

    def _encloses(self, k: int, shut: int) -> bool:
        g = self.grammar
        if g.tokens[k].text not in {"(", "["} or k > 3 or shut < len(g.tokens) - 1 or g.filled(0, k):
            return False
        return g.find(k + 1, shut, lambda t: t.kind == "words") or g.find(
            k + 1, shut, lambda t: relation(t) is not None
        )

    def _last_of_sign(self, k: int) -> int:
        r"""The last token of a relation sign: \xrightarrow{…} and \stackrel{…}{=} have arguments."""
        g = self.grammar
        t = g.tokens[k]
        if t.text not in {"xrightarrow", "overset", "underset", "stackrel"}:
            return k
        g.pos, g.end = k + 1, len(g.tokens)
        for _ in range(1 if t.text == "xrightarrow" else 2):
            if g.peek() is not None:
                g.unit()
        return g.pos - 1

    def _separates(self, k: int, n: int) -> bool:
        """Whether a wide space stands between statements, and not within one."""
        tokens = self.grammar.tokens
        before = next((t for t in reversed(tokens[max(0, k - 3) : k]) if t.kind != "space"), None)
        after = next((t for t in tokens[k + 1 : min(n, k + 4)] if t.kind != "space"), None)
        if before is None or after is None:
            return False
        signs = set(alphabet.SIGNS) | set(alphabet.TIMES) | set(alphabet.DIVIDES)
        return not any(t.kind in {"mark", "command"} and (relation(t) or t.text in signs) for t in (before, after))

    def _joined(self, parts: list[_Part]) -> list[_Part]:
        """Parts without a relation sign that commas make one list with a side of their neighbours: n = 1, …, N."""
        runs: list[list[_Part]] = []
        for p in parts:
            if p.comma and runs:
                runs[-1].append(p)
            else:
                runs.append([p])
        return [p for run in runs for p in self._joined_run(run)]

    def _joined_run(self, run: list[_Part]) -> list[_Part]:
        out: list[_Part] = []
        loose: list[_Part] = []  # without a relation sign, since the last that has one
        for p in run:
            if not p.signs:
                loose.append(p)
                continue
            if loose and out and (p.signs[0] not in {"in", ":"} or self._enumerates(loose)):
                out[-1].sides[-1] = out[-1].sides[-1][0], loose[-1].sides[-1][1]
            elif loose and self.grammar.filled(*p.sides[0]):
                p.sides[0] = loose[0].sides[0][0], p.sides[0][1]
                p.words = " ".join(q.words for q in [*loose, p] if q.words)
            else:
                out.extend(loose)
            loose = []
            out.append(p)
        if loose:
            last = out[-1] if out else loose[0]
            last.sides[-1] = last.sides[-1][0], loose[-1].sides[-1][1]
            if not out:
                out.append(last)
        return out

    def _enumerates(self, parts: list[_Part]) -> bool:
        nodes = [self._side(*p.sides[0]) for p in parts]
        return any(isinstance(n, Dots) for n in nodes) or all(isinstance(n, Number) for n in nodes)
