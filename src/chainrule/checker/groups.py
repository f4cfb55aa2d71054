"""What stands in brackets and in environments: lists, conditions, matrices, cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chainrule.checker import alphabet
from chainrule.checker.cursor import Parts, is_comma, is_relation, relation
from chainrule.checker.syntax import (
    Call,
    Cases,
    Condition,
    Group,
    Indicator,
    Matrix,
    Node,
    Words,
)
from chainrule.checker.tokens import Token, Unreadable

_KINDS = {"(": "(", "[": "[", "\\{": "{", "{": "{", "langle": "<", "<": "<", "|": "|", "||": "||", ".": ".", "/": "."}


class Groups(Parts):
    """Reads brackets and environments."""

    def bracket(self) -> Node:
        """What stands in the brackets that open here."""
        t = self.step()
        i = self.pos - 1
        j = self.closing(i)
        width = 2 if i in self.pairs.double else 1
        node = self._within(_KINDS.get(t.text, "?") if width == 1 else "||", i + width, j - width + 1, self.tokens[j])
        self.jump(j + 1)
        return replace(node, start=t.start, end=self.reached)

    def _within(self, kind: str, i: int, j: int, closer: Token) -> Node:
        places = self.filled(i, j)
        if not places:
            if kind in {"(", "["}:
                return Group((), kind)
            raise Unreadable("empty brackets", closer.start)
        first = self.tokens[places[0]]
        whole = self.pairs.close.get(places[0]) == places[-1] and first.kind == "begin"
        if kind == "{" and closer.text == ".":
            if not whole:
                raise Unreadable("a brace that is not closed", closer.start)
            return self.cases(*self._body(places[0], places[-1]))
        if whole and first.text in alphabet.MATRICES and kind in {"(", "[", "|", "||"}:
            matrix = self.inside(i, j, self.expression)
            return matrix if kind in {"(", "["} else Call("det" if kind == "|" else "norm2", (matrix,))
        match kind:
            case "|":
                if closer.text == "|" or closer.text == "||":
                    return Call("abs", (self.inside(i, j, self.expression),))
                raise Unreadable("a vertical bar that opens nothing", closer.start)
            case "||":
                return Call("norm2", (self.inside(i, j, self.expression),))
            case ".":
                if closer.text == ".":
                    return self.inside(i, j, self.expression)
                raise Unreadable("a value at a point, after a vertical bar, is not understood", closer.start)
            case "<":
                return Call("inner", self.items(i, j))
            case "(" | "[" | "{":
                return self._listed(kind, i, j)
            case _:
                raise Unreadable("this kind of bracket is not understood", closer.start)

    def _listed(self, kind: str, i: int, j: int) -> Node:
        if kind != "{" and (row := self._spaced_row(i, j)) is not None:
            return row
        items = self.items(i, j)
        if kind == "[" and len(items) == 1 and isinstance(items[0], Condition):
            return Indicator(items[0])
        return Group(items, kind)

    def _spaced_row(self, i: int, j: int) -> Node | None:
        r"""(0 \ 8 \ 1), numbers with spaces between them, and [a \quad b], anything with wide ones: a row."""
        numbers = all(t.kind in {"digit", "space"} or t.text in {"-", "."} for t in self.tokens[i:j])
        if not numbers and self.find(i, j, lambda t: is_comma(t) or is_relation(t)):
            return None
        parts = self.split(i, j, lambda t: t.kind == "space" and (numbers or t.text in alphabet.WIDE))
        parts = [(a, b) for a, b in parts if self.filled(a, b)]
        if len(parts) < 2 or any(self._is_operator(b[-1]) or self._is_operator(b[0]) for b in map(self._filled, parts)):
            return None
        return Matrix((tuple(self.inside(a, b, self.expression) for a, b in parts),))

    def _filled(self, part: tuple[int, int]) -> list[int]:
        return self.filled(*part)

    def _is_operator(self, k: int) -> bool:
        t = self.tokens[k]
        return t.kind in {"mark", "command"} and (
            t.text == "+" or t.text in alphabet.TIMES or t.text in alphabet.DIVIDES
        )

    def items(self, i: int, j: int) -> tuple[Node, ...]:
        """What stands between the commas of a range."""
        out: list[Node] = []
        for a, b in self.split(i, j, is_comma):
            places = self.filled(a, b)
            if len(places) > 1 and self.tokens[places[0]].text in alphabet.DOTS:
                # A comma was forgotten after the dots.
                out.append(self.item(places[0], places[1]))
                places = places[1:]
            if places:
                out.append(self.item(places[0], b))
        return tuple(out)

    def item(self, i: int, j: int) -> Node:
        """An expression, or a condition."""
        places = self.filled(i, j)
        if len(places) == 1:
            t = self.tokens[places[0]]
            if t.kind == "words":
                return Words(t.text, start=t.start, end=t.end)
            if t.text in {"cdot", "bullet", ":", "*", "+", "-"}:
                return self.symbol(t.text, t)
        if self.find(i, j, lambda t: is_relation(t) or t.text in {"|", "||"}):
            return self.condition(i, j)
        return self.inside(i, j, self.expression)

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

    def condition(self, i: int, j: int) -> Condition:
        r"""i = j, 0 < x \le 1, k = i and n = j, otherwise."""
        made: list[Condition] = []
        for a, b in self.split(i, j, _joins):
            if self.filled(a, b):
                made.extend(self._chain(a, b))
        words = [t for t in self.tokens[i:j] if t.kind == "words"]
        if not made:
            if any(w in t.text.lower() for t in words for w in alphabet.OTHERWISE):
                return Condition(None, "otherwise", None, start=words[0].start, end=words[-1].end)
            raise Unreadable("a condition without a relation sign", self.tokens[min(i, len(self.tokens) - 1)].start)
        first, others = made[0], tuple(made[1:])
        return Condition(
            first.left, first.sign, first.right, first.others + others, start=first.start, end=made[-1].end
        )

    def _chain(self, i: int, j: int) -> list[Condition]:
        places = self.filled(i, j)
        while len(places) > 1 and self.pairs.close.get(places[0]) == places[-1] and self.tokens[places[0]].text != "|":
            i, j = places[0] + 1, places[-1]
            places = self.filled(i, j)
            if self.find(i, j, _joins):
                inner = self.condition(i, j)
                return [Condition(inner.left, inner.sign, inner.right, start=inner.start, end=inner.end), *inner.others]
        at = [k for _, k in self.split(i, j, lambda t: is_relation(t) or t.text in {"|", "||"})[:-1]]
        sides = [self._side(a, b) for a, b in zip([i, *(k + 1 for k in at)], [*at, j], strict=True)]
        signs = [relation(self.tokens[k]) or "given" for k in at]
        if not signs:
            raise Unreadable("a condition without a relation sign", self.tokens[i].start)
        return [
            Condition(a, s, b, start=a.start, end=b.end) for a, s, b in zip(sides[:-1], signs, sides[1:], strict=True)
        ]

    def _side(self, i: int, j: int) -> Node:
        if self.find(i, j, is_comma):
            items = self.items(i, j)
            if items:
                return Group(items, "", start=items[0].start, end=items[-1].end)
        if not self.filled(i, j):
            raise Unreadable("a relation sign without both sides", self.tokens[max(0, i - 1)].start)
        return self.inside(i, j, self.expression)

    # ── environments ─────────────────────────────────────────────────────────────────────────────────────────────

    def environment(self) -> Node:
        r"""A matrix, cases, or lines within an expression."""
        t = self.step()
        i = self.pos - 1
        j = self.closing(i)
        a, b = self._body(i, j)
        if t.text in alphabet.MATRICES:
            node: Node = self._matrix(a, b)
            if t.text in {"vmatrix", "Vmatrix"}:
                node = Call(
                    "det" if t.text == "vmatrix" else "norm2", (replace(node, start=t.start, end=self.tokens[j].end),)
                )
        elif t.text in {"cases", "dcases", "rcases"}:
            node = self.cases(a, b)
        elif t.text in alphabet.LINES:
            node = self.inside(a, b, self.expression)
        else:
            raise Unreadable(f"the environment {t.text} is not understood", t.start)
        self.jump(j + 1)
        return replace(node, start=t.start, end=self.reached)

    def _body(self, i: int, j: int) -> tuple[int, int]:
        r"""The inside of the environment from i to j, without the columns of an array."""
        a = i + 1
        while a < j and self.tokens[i].text in {"array", "alignat", "alignedat", "matrix"} | alphabet.MATRICES:
            options = self.tokens[a].text == "[" and self.pairs.close.get(a, j) - a == 2
            columns = self.tokens[a].text == "{" and self.tokens[i].text in {"array", "alignat", "alignedat"}
            if not (options or columns) or self.pairs.close.get(a, j) >= j:
                break
            a = self.pairs.close[a] + 1
            if columns:
                break
        return a, j

    def _matrix(self, i: int, j: int) -> Matrix:
        rows: list[tuple[Node, ...]] = []
        for a, b in self.split(i, j, lambda t: t.kind == "row"):
            if self.filled(a, b) or any(t.text == "&" for t in self.tokens[a:b]):
                rows.append(tuple(self._cell(c, d) for c, d in self.split(a, b, lambda t: t.text == "&")))
        if not rows:
            raise Unreadable("an empty matrix", self.tokens[i - 1].start)
        return Matrix(tuple(rows))

    def _cell(self, i: int, j: int) -> Node:
        if not self.filled(i, j):
            return Words("", start=self.tokens[i - 1].end, end=self.tokens[i - 1].end)
        return self.item(i, j)

    def cases(self, i: int, j: int) -> Cases:
        """Values with their conditions."""
        rows = tuple(self._case(a, b) for a, b in self.split(i, j, lambda t: t.kind == "row") if self.filled(a, b))
        if not rows:
            raise Unreadable("no cases", self.tokens[i - 1].start)
        return Cases(rows)

    def _case(self, i: int, j: int) -> tuple[Node, Condition | None]:
        r"""`1 & i = j`, `x, \text{if } x > 0`, `1 \dots (i = j)`, or a value alone."""
        cut = self._case_cut(i, j)
        value = (i, cut)
        while (places := self.filled(*value)) and self.pairs.close.get(places[0]) == places[-1]:
            if self.tokens[places[0]].text != "{":
                break
            value = places[0] + 1, places[-1]  # {1,} & {x > 0}
        while self.filled(*value) and is_comma(self.tokens[self.filled(*value)[-1]]):
            value = (value[0], self.filled(*value)[-1])
        if not self.filled(*value):
            raise Unreadable("a case without a value", self.tokens[i].start)
        while cut < j and (self.skips(self.tokens[cut]) or _leads(self.tokens[cut])):
            cut += 1
        end = j
        while end > cut and self.tokens[end - 1].text in {",", ".", ";", "&"}:
            end -= 1
        condition = self.condition(cut, end) if self.filled(cut, end) else None
        return self.inside(*value, self.expression), condition

    def _case_cut(self, i: int, j: int) -> int:
        for at in (
            _is_mark("&"),
            lambda t: t.kind == "words" or t.text in alphabet.DOTS or t.text in {"quad", "qquad"},
        ):
            parts = self.split(i, j, at)
            if len(parts) > 1:
                # The first mark after something that is a value.
                return next((b for a, b in parts if self.filled(a, b)), j)
        parts = self.split(i, j, is_comma)
        return parts[0][1] if len(parts) > 1 and self.find(i, j, is_relation) else j


def _joins(t: Token) -> bool:
    return is_comma(t) or t.kind == "words" or (t.kind in {"mark", "command"} and t.text in {"land", "wedge", "&"})


def _leads(t: Token) -> bool:
    """Marks between a value and its condition; the words of "otherwise" stay."""
    if t.kind == "words":
        return not any(w in t.text.lower() for w in alphabet.OTHERWISE)
    return t.text in {",", ";", ":", "."} or t.text in alphabet.DOTS


def _is_mark(text: str) -> Callable[[Token], bool]:
    return lambda t: t.kind == "mark" and t.text == text
