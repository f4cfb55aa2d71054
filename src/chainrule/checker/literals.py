"""Numbers, and symbols that conditions make indicators."""

from __future__ import annotations

from fractions import Fraction

from chainrule.checker.cursor import is_relation
from chainrule.checker.quotients import Quotients
from chainrule.checker.syntax import Condition, Indicator, Node, Number, Symbol
from chainrule.checker.tokens import Token, Unreadable

_MAX_DIGITS = 400


class Literals(Quotients):
    """Reads numbers and indicators."""

    def _number(self) -> Number:
        r"""0.97, 1{,}000, 1e-3: digits side by side."""
        first = self.step()
        digits, places = (first.text, None) if first.text != "." else ("", 0)
        while (t := self._adjacent()) is not None:
            if t.kind == "digit":
                digits += t.text
                places = None if places is None else places + 1
            elif t.text == "." and places is None and self._digits_at(self.pos + 1, 1):
                places = 0
            elif self._grouping(t):
                # {,}: thousands if three digits follow, else a decimal comma.
                if not (self._digits_at(self.pos + 3, 3) and digits.strip("0")):
                    places = 0
                self.pos += 2
            else:
                break
            self.pos += 1
            self.reached = self.tokens[self.pos - 1].end
            if len(digits) > _MAX_DIGITS:
                raise Unreadable(f"a number of more than {_MAX_DIGITS} digits", first.start)
        if not digits:
            raise Unreadable("a point without digits", first.start)
        value = Fraction(int(digits), 10 ** (places or 0))
        power = self._power_of_ten()
        if power is not None:
            value *= Fraction(10) ** power
            places = max(0, (places or 0) - power)
        return Number(value, places, start=first.start, end=self.reached)

    def _adjacent(self) -> Token | None:
        """The token right after what was read last, without a space between."""
        t = self.tokens[self.pos] if self.pos < self.end else None
        return t if t is not None and t.start <= self.reached else None

    def _digits_at(self, k: int, count: int) -> bool:
        return k + count <= self.end and all(self.tokens[n].kind == "digit" for n in range(k, k + count))

    def _grouping(self, t: Token) -> bool:
        return (
            t.text == "{"
            and self._digits_at(self.pos + 3, 1)
            and self.tokens[self.pos + 1].text == ","
            and self.tokens[self.pos + 2].text == "}"
        )

    def _power_of_ten(self) -> int | None:
        t = self._adjacent()
        if t is None or t.kind != "letter" or t.text not in {"e", "E"}:
            return None
        k = self.pos + 1
        minus = k < self.end and self.tokens[k].text == "-"
        signed = k < self.end and self.tokens[k].text in {"-", "+"}
        k += signed
        n = k
        while n < self.end and self.tokens[n].kind == "digit" and self.tokens[n].start <= self.tokens[n - 1].end:
            n += 1
        if n == k or n - k > 2 or self.tokens[self.pos + 1].start > t.end:
            return None
        exponent = int("".join(x.text for x in self.tokens[k:n]))
        self.jump(n)
        return -exponent if minus else exponent

    def _indicator(self, symbol: Symbol) -> Node:
        r"""\mathbf{1}[z > 0], \mathbb{1}_{i=j}, I(z > 0): a symbol for which a condition follows."""
        if symbol.name not in {"1", "I", "chi"} or not (symbol.upright or symbol.name == "I"):
            return symbol
        k = self.pos
        below = self.at("_")
        if below:
            k = self.pos + 1
        t = self.tokens[k] if k < self.end else None
        if t is None or t.text not in {"(", "[", "{", "\\{"}:
            return symbol
        close = self.pairs.close.get(k, self.end)
        if close >= self.end or not self._has_relation(k + 1, close):
            return symbol
        condition: Condition = self.condition(k + 1, close)
        self.jump(close + 1)
        return Indicator(condition, start=symbol.start, end=self.reached)

    def _has_relation(self, i: int, j: int) -> bool:
        places = self.filled(i, j)
        if places and self.pairs.close.get(places[0]) == places[-1]:
            i, j = places[0] + 1, places[-1]
        return self.find(i, j, is_relation)
