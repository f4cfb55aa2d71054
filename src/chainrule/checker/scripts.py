"""What stands below and above a symbol: entries, layers, powers, transposes, primes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from chainrule.checker import alphabet
from chainrule.checker.cursor import is_comma, is_relation
from chainrule.checker.groups import Groups
from chainrule.checker.syntax import Call, Group, Node, Number, Scripted, Sum, Symbol, Transposed
from chainrule.checker.tokens import Token, Unreadable

_MARKS = {"*": "star", "ast": "star", "star": "star", "dagger": "dagger", "+": "plus", "-": "minus", "circ": "circ"}


class Scripts(Groups):
    """Reads scripts."""

    def scripts(self, base: Node) -> Node:
        """The base with all scripts that follow it."""
        made = Scripted(base, start=base.start, end=base.end)
        while True:
            if self.at("'", "prime"):
                self.step()
                made = replace(made, primes=made.primes + 1, end=self.reached)
            elif self.at("_"):
                self.step()
                i, j = self.unit()
                if made.subs:
                    made = Scripted(_plain(made), start=base.start, end=self.reached)
                made = replace(made, subs=self.subscripts(i, j), end=self.reached)
            elif self.at("^"):
                self.step()
                i, j = self.unit()
                if made.sup is not None:
                    made = Scripted(_plain(made), start=base.start, end=self.reached)
                made = self.superscript(made, i, j)
            elif not self._skip_empty_before_script():
                return _plain(made)

    def _skip_empty_before_script(self) -> bool:
        """Pass over {} in x{}^{2}."""
        k = self.pos
        if not (self.at("{") and self.pairs.close.get(k) == k + 1 and k + 2 < self.end):
            return False
        if self.tokens[k + 2].text not in {"^", "_", "'"}:
            return False
        self.jump(k + 2)
        return True

    # ── below ────────────────────────────────────────────────────────────────────────────────────────────────────

    def subscripts(self, i: int, j: int) -> tuple[Node, ...]:
        """A subscript split at commas and, where letters or digits stand side by side, one by one."""
        places = self.filled(i, j)
        if not places:
            return ()
        if self.pairs.close.get(places[0]) == places[-1] and self.tokens[places[0]].text in {"(", "{"}:
            inner = self.subscripts(places[0] + 1, places[-1])
            if len(inner) > 1 or self.tokens[places[0]].text == "{":
                return inner
        out: list[Node] = []
        for a, b in self.split(i, j, is_comma):
            filled = self.filled(a, b)
            if not filled:
                continue
            if len(filled) == 1 and self.tokens[filled[0]].text in alphabet.SIGNS:
                out.append(self.symbol(_MARKS.get(self.tokens[filled[0]].text, "plusminus"), self.tokens[filled[0]]))
                continue
            if self.find(a, b, _relates):
                out.append(self.subscript_range(a, b))
            elif all(self._is_plain(self.tokens[k]) for k in self.filled(a, b)):
                out.extend(self.inside(a, b, self._one_by_one))
            else:
                out.append(self.inside(a, b, self.expression))
        return tuple(out)

    def subscript_range(self, a: int, b: int) -> Node:
        """i = j below a sign, or 1:k, or : alone for all entries."""
        places = self.filled(a, b)
        if len(places) == 1:
            return self.symbol(self.tokens[places[0]].text, self.tokens[places[0]])
        return self.condition(a, b)

    @staticmethod
    def _is_plain(t: Token) -> bool:
        return t.kind in {"letter", "digit", "name", "words"} or (
            (
                t.kind == "command"
                and (
                    t.text in alphabet.SYMBOLS or t.text in {"cdot", "bullet", "mathrm", "bm", "mathbf", "prime", "ast"}
                )
            )
            or (t.kind == "mark" and t.text in {"*", "'"})
        )

    def _one_by_one(self) -> list[Node]:
        out: list[Node] = []
        while (t := self.peek()) is not None:
            if t.kind == "digit":
                self.step()
                out.append(Number(int(t.text) * _ONE, start=t.start, end=t.end))
            elif t.kind in {"name", "words"}:
                self.step()
                out.append(self.symbol(t.text, t, upright=True))
            elif t.text in _MARKS or t.text in {"cdot", "bullet"}:
                self.step()
                out.append(self.symbol(_MARKS.get(t.text, "cdot"), t))
            else:
                out.append(self.factor())
        return out

    # ── above ────────────────────────────────────────────────────────────────────────────────────────────────────

    def superscript(self, made: Scripted, i: int, j: int) -> Scripted:
        """`made` with the superscript in the range i, j."""
        places = self.filled(i, j)
        tokens = [self.tokens[k] for k in places]
        if not places:
            return made
        if all(t.text in {"'", "prime"} for t in tokens):
            return replace(made, primes=made.primes + len(tokens), end=self.reached)
        mark = self._transpose_mark(tokens)
        if mark:
            if mark < len(tokens):
                made = self._before_transpose(made, i, places[-mark])
            body = _plain(made)
            turned = Transposed(body, start=body.start, end=self.reached)
            return Scripted(turned, start=body.start, end=self.reached)
        if len(tokens) == 1 and tokens[0].text in _MARKS:
            return replace(made, sup=self.symbol(_MARKS[tokens[0].text], tokens[0]), end=self.reached)
        if len(tokens) > 1 and tokens[0].text in {"circ", "odot"}:
            times = self.inside(places[1], j, self.expression)
            entrywise = Call("entrywise", (times,), start=tokens[0].start, end=times.end)
            return replace(made, sup=entrywise, end=self.reached)
        if self.pairs.close.get(places[0]) == places[-1] and tokens[0].text in {"(", "["}:
            group = self.inside(i, j, self.factor)
            inner = group.items[0] if isinstance(group, Group) and len(group.items) == 1 else group
            return replace(made, sup=inner, sup_bracket=tokens[0].text, end=self.reached)
        if self._is_exponential(made, tokens):
            power = self.inside(i, j, self.expression)
            return Scripted(
                Call("exp", (power,), start=made.start, end=self.reached), start=made.start, end=self.reached
            )
        return replace(made, sup=self._power(i, j), end=self.reached)

    def _power(self, i: int, j: int) -> Node:
        if not self.find(i, j, is_comma):
            return self.item(i, j)
        items = tuple(self.inside(a, b, self.expression) for a, b in self.split(i, j, is_comma) if self.filled(a, b))
        if not items:
            raise Unreadable("a superscript of commas alone", self.tokens[i].start)
        return Group(items, "", start=items[0].start, end=items[-1].end)

    @staticmethod
    def _transpose_mark(tokens: list[Token]) -> int:
        r"""How many tokens at the end say "transposed": T or \top (1), \mathsf T (2), in braces (4); 0 for none."""
        last = tokens[-1]
        if len(tokens) == 2 and last.text == "r" and tokens[0].text in {"T", "t"}:
            return 2  # W^{Tr}
        if last.text in {"top", "intercal", "transpose", "trans", "tran"} and last.kind in {"command", "name"}:
            return 1
        if (
            last.text == "}"
            and len(tokens) >= 4
            and tokens[-2].text in {"T", "top", "t"}
            and tokens[-4].text in _UPRIGHT
        ):
            return 4
        if last.text == "T" and len(tokens) >= 2 and tokens[-2].text in _UPRIGHT:
            return 2
        if last.text == "t" and len(tokens) == 2 and tokens[-2].text in _UPRIGHT:
            return 2
        if last.text == "T" and last.kind == "letter":
            return int(len(tokens) == 1 or tokens[-2].text in {")", "]", "'", "prime", ",", "-"})
        return 0

    def _before_transpose(self, made: Scripted, i: int, j: int) -> Scripted:
        r"""The rest of a superscript that ends in a transpose: a layer, -1."""
        places = self.filled(i, j)
        if [self.tokens[k].text for k in places] == ["-"]:
            t = self.tokens[places[0]]
            one = Number(_ONE, start=t.start, end=t.end)
            return replace(made, sup=Sum(((-1, one),), start=t.start, end=t.end), end=self.reached)
        if places and self.tokens[places[-1]].text == ",":
            j = places[-1]
        return self.superscript(made, i, j)

    @staticmethod
    def _is_exponential(made: Scripted, tokens: list[Token]) -> bool:
        """e to a power; not the error e of layer l."""
        if not (isinstance(made.base, Symbol) and made.base.name == "e" and not made.subs and not made.primes):
            return False
        return not (tokens[0].text in {"l", "L", "ell"} and (len(tokens) == 1 or tokens[1].text in {"+", "-"}))


_UPRIGHT = frozenset({"mathsf", "mathrm", "mathbf", "mathit", "mathtt", "mathbb", "operatorname"})
_ONE = Fraction(1)


def _relates(t: Token) -> bool:
    return is_relation(t) or (t.kind == "mark" and t.text in {"|", "||"})


def _plain(made: Scripted) -> Node:
    """The base alone if there are no scripts; the subscript of a norm says which norm it is."""
    if not made.subs and made.sup is None and not made.primes:
        return made.base
    if isinstance(made.base, Call) and made.base.name == "norm2" and made.subs and not made.base.subs:
        call = replace(made.base, subs=made.subs)
        return call if made.sup is None and not made.primes else replace(made, base=call, subs=())
    return made
