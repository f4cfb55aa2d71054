"""The grammar of expressions: sums of products of factors, and what may be a factor.

Juxtaposition binds tighter than + and −. A function without brackets takes the product that follows it; the body of
Σ reaches over the whole product. Nesting is bounded, so that no input reaches the recursion limit.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from chainrule.checker import alphabet
from chainrule.checker.cursor import MAX_DEPTH, is_comma, is_relation, relation
from chainrule.checker.quotients import Quotients
from chainrule.checker.syntax import (
    BigOperator,
    Call,
    Condition,
    Dots,
    Group,
    Indicator,
    Node,
    Number,
    Product,
    Quotient,
    Scripted,
    Sum,
    Symbol,
)
from chainrule.checker.tokens import Token, Unreadable

_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"})
_SIDEWAYS = frozenset({"overset", "underset", "stackrel"})
_BRACES = frozenset({"underbrace", "overbrace", "underbracket", "overbracket"})
_OPEN = frozenset({"(", "[", "{", "|", "||", "langle"})
_APPLIED = frozenset({"f", "g", "h", "sigma", "phi", "psi"})  # after a slash these take their bracket with them
_MAX_DIGITS = 400


class Grammar(Quotients):
    """Reads expressions."""

    # ── sums and products ────────────────────────────────────────────────────────────────────────────────────────

    def expression(self) -> Node:
        first = self.peek()
        if first is None:
            raise Unreadable("an expression is missing", self.reached)
        terms: list[tuple[int, Node]] = []
        while not terms or self.at(*alphabet.SIGNS):
            sign = self._sign()
            terms.append((sign, self.term()))
        if len(terms) == 1 and terms[0][0] == 1:
            return terms[0][1]
        return Sum(tuple(terms), start=first.start, end=self.reached)

    def _sign(self) -> int:
        """The product of the signs that stand here."""
        sign = 1
        while self.at(*alphabet.SIGNS):
            sign *= alphabet.SIGNS[self.step().text]
        return sign

    def term(self) -> Node:
        """A product."""
        self._skip_empty()
        first = self.peek()
        if first is None:
            raise Unreadable("a term is missing", self.reached)
        factors: list[Node] = [self._signed_factor()]
        signs: list[str] = []
        while True:
            self._skip_empty()
            if self.at(*alphabet.TIMES):
                sign = alphabet.TIMES[self.step().text]
                factors.append(self._signed_factor())
                signs.append(sign)
            elif self.at(*alphabet.DIVIDES):
                entrywise = alphabet.DIVIDES[self.step().text]
                over = _product(factors, signs)
                under = self._divisor()
                factors, signs = [Quotient(over, under, entrywise, start=over.start, end=self.reached)], []
                self._refuse_ambiguous_divisor()
            elif self.starts_factor():
                factors.append(self.factor())
                signs.append("")
            else:
                return _product(factors, signs)

    def argument(self) -> Node:
        """The factors side by side that a function without brackets takes; another function ends them."""
        factors = [self.factor()]
        while self.starts_factor() and not self._starts_function():
            factors.append(self.factor())
        return _product(factors, [""] * (len(factors) - 1))

    def _signed_factor(self) -> Node:
        t = self.peek()
        sign = self._sign()
        f = self.factor()
        return f if sign == 1 or t is None else Sum(((sign, f),), start=t.start, end=f.end)

    def _divisor(self) -> Node:
        f = self._signed_factor()
        base = f.base if isinstance(f, Scripted) else f
        if isinstance(base, Symbol) and base.name in _APPLIED and self._opens_round():
            group = self.factor()
            return Product((f, group), ("",), start=f.start, end=group.end)
        return f

    def _refuse_ambiguous_divisor(self) -> None:
        """1/2x may be a half of x or 1/(2x); with a space, a bracket or a sum after the 2 it is the former."""
        t = self._adjacent()
        if t is not None and (t.kind == "letter" or (t.kind == "command" and t.text in alphabet.SYMBOLS)):
            raise Unreadable("a/bc may mean (a/b)c or a/(bc): write it as a fraction or with brackets", t.start)

    def _skip_empty(self) -> None:
        """Pass over {} without anything in it."""
        while self.at("{") and self.pairs.close.get(self.pos) == self.pos + 1:
            self.jump(self.pos + 2)

    def starts_factor(self) -> bool:
        t = self.peek()
        if t is None:
            return False
        match t.kind:
            case "letter" | "digit" | "name" | "left" | "begin":
                return True
            case "mark":
                if t.text == ".":
                    return self.pos + 1 < self.end and self.tokens[self.pos + 1].kind == "digit"
                return t.text in _OPEN and self.pairs.close.get(self.pos, self.end) < self.end
            case "command":
                return not (
                    relation(t)
                    or t.text in alphabet.TIMES
                    or t.text in alphabet.SIGNS
                    or t.text in alphabet.DIVIDES
                    or t.text in {"rangle", "prime", "land", "wedge"}
                    or (t.text in _SIDEWAYS and self.sideways_relation(self.pos) is not None)
                )
            case _:
                return False

    def _starts_function(self) -> bool:
        t = self.peek()
        if t is None or t.kind not in {"command", "name"}:
            return False
        return t.text.lower() in alphabet.FUNCTIONS and not (t.kind == "command" and t.text == "vec")

    # ── factors ──────────────────────────────────────────────────────────────────────────────────────────────────

    def factor(self) -> Node:
        """An atom with its scripts."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply", self.reached)
        out = self.scripts(self._atom())
        self.depth -= 1
        return out

    def _atom(self) -> Node:
        t = self.peek()
        if t is None:
            raise Unreadable("something is missing", self.reached)
        match t.kind:
            case "letter":
                if t.text == "d" and (made := self.slashed()) is not None:
                    return made
                self.step()
                return self._indicator(self.symbol(t.text, t))
            case "digit":
                return self._number()
            case "name":
                return self._function_or_name(t)
            case "left":
                return self.bracket()
            case "begin":
                return self.environment()
            case "command":
                return self._command(t)
            case "words" if " " not in t.text:
                self.step()
                return self.symbol(t.text, t, upright=True)
            case "mark" if t.text == ".":
                return self._number()
            case "mark" if t.text == "{":
                i, j = self.unit()
                if (name := self._only_function(i, j)) is not None:
                    return self._from(t, self._applied_function(name))
                return self._from(t, self.inside(i, j, self.expression))
            case "mark" if t.text in _OPEN:
                return self.bracket()
            case _:
                raise Unreadable(self.unexpected(t), t.start)

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

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _command(self, t: Token) -> Node:
        name = t.text
        if name in _FRACTIONS:
            return self.fraction()
        if name == "partial":
            return self.partial()
        if name == "nabla":
            return self.nabla()
        if name in alphabet.BIG:
            return self._big()
        if name in {"Sigma", "Pi"} and self._bounded():
            return self._big()
        if name in alphabet.DOTS:
            self.step()
            return Dots(start=t.start, end=t.end)
        if name in alphabet.SYMBOLS:
            self.step()
            return self.symbol(name, t)
        if name == "sqrt":
            return self._root()
        if name in alphabet.FUNCTIONS - {"vec"} or name in alphabet.SPELLINGS:
            return self._function_or_name(t)
        if name in alphabet.ACCENTS:
            return self._accented(t)
        if name == "mathrm" and self._is_d(self.pos) and (made := self.slashed()) is not None:
            return made
        if name in alphabet.PLAIN_FONTS or name in alphabet.MARKED_FONTS:
            return self._font(t)
        if name in _BRACES:
            return self._braced()
        if name in _SIDEWAYS:
            self.step()
            ranges = self.unit(), self.unit()
            function = self._only_function(*ranges[1])
            if function is None:
                return self._from(t, self.inside(*ranges[1], self.expression))
            below = self.subscripts(*ranges[0]) if name == "underset" else ()
            return self._from(t, self._applied_function(function, below))
        if name == "langle":
            return self.bracket()
        if name == "int":
            raise Unreadable("integrals are not understood", t.start)
        raise Unreadable(f"\\{name} is not known" if name.isalpha() else self.unexpected(t), t.start)

    def sideways_relation(self, k: int) -> str | None:
        r"""The relation that \stackrel{…}{=} at k is, if it is one."""
        places = [n for n in range(k + 1, min(self.end, k + 200)) if not self.skips(self.tokens[n])]
        if not places:
            return None
        over = self.pairs.close.get(places[0], places[0]) if self.tokens[places[0]].text == "{" else places[0]
        n = over + 1
        if n < self.end and self.tokens[n].text == "{":
            n += 1
        sign = relation(self.tokens[n]) if n < self.end else None
        if sign == "=" and any(x.text in {"def", "Def", "!"} for x in self.tokens[k:over]):
            return ":="
        return sign

    def _bounded(self) -> bool:
        r"""Whether a \Sigma carries the bounds of a sum."""
        k = self.pos + 1
        return (
            k + 1 < self.end
            and self.tokens[k].text == "_"
            and self.tokens[k + 1].text == "{"
            and self.find(k + 2, self.pairs.close.get(k + 1, k + 2), is_relation)
        )

    def _root(self) -> Node:
        t = self.step()
        index: Node | None = None
        if self.at("["):
            i = self.pos
            index = self.inside(i + 1, self.closing(i), self.expression)
            self.jump(self.closing(i) + 1)
        body = self.inside(*self.unit(), self.expression)
        args = (body,) if index is None else (body, index)
        return Call("sqrt" if index is None else "root", args, start=t.start, end=self.reached)

    def _braced(self) -> Node:
        r"""\underbrace{…}_{…}: the body; its label is passed over."""
        t = self.step()
        mark = "_" if t.text.startswith("under") else "^"
        body = self.inside(*self.unit(), self.expression)
        if self.at(mark):
            self.step()
            self.unit()
        return self._from(t, body)

    def _from(self, t: Token, node: Node) -> Node:
        """The node with a place that reaches from a token, a brace say, to what was read last."""
        return replace(node, start=t.start, end=self.reached)

    def _font(self, t: Token) -> Node:
        self.step()
        i, j = self.unit()
        places = self.filled(i, j)
        marked = alphabet.MARKED_FONTS.get(t.text, "")
        if len(places) == 1 and self.tokens[places[0]].kind in {"letter", "digit", "command", "name"}:
            inner = self.tokens[places[0]]
            if inner.kind != "command" or inner.text in alphabet.SYMBOLS:
                name = f"{marked}_{inner.text}" if marked else inner.text
                upright = not marked and t.text not in {"vec", "overrightarrow", "mathit", "mathnormal"}
                return self._indicator(Symbol(name, upright, start=t.start, end=self.reached))
        body = self.inside(i, j, self.expression)
        if isinstance(body, Symbol):
            return replace(body, upright=True, start=t.start, end=self.reached)
        return body

    def _accented(self, t: Token) -> Node:
        self.step()
        body = self.inside(*self.unit(), self.expression)
        accent = alphabet.ACCENTS[t.text]
        if isinstance(body, Symbol):
            return replace(body, name=f"{accent}_{body.name}", start=t.start, end=self.reached)
        if isinstance(body, Scripted) and isinstance(body.base, Symbol):
            base = replace(body.base, name=f"{accent}_{body.base.name}")
            return replace(body, base=base, start=t.start, end=self.reached)
        return Call(accent, (body,), start=t.start, end=self.reached)

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

    # ── functions and big operators ──────────────────────────────────────────────────────────────────────────────

    def _function_or_name(self, t: Token) -> Node:
        self.step()
        if alphabet.SPELLINGS.get(t.text, t.text.lower()) in alphabet.FUNCTIONS:
            return self._applied_function(t)
        return self._indicator(self.symbol(t.text, t, upright=True))

    def _only_function(self, i: int, j: int) -> Token | None:
        r"""The name of a function if it is all there is in a range, as in \mathop{\mathrm{tr}}."""
        places = self.filled(i, j)
        t = self.tokens[places[0]] if len(places) == 1 else None
        if t is None or t.kind not in {"name", "command"} or (t.kind == "command" and t.text == "vec"):
            return None
        return t if t.text.lower() in alphabet.FUNCTIONS else None

    def _applied_function(self, t: Token, below: tuple[Node, ...] = ()) -> Node:
        """A function whose name was read, with its scripts and what it is applied to; without that, a symbol."""
        lower = alphabet.SPELLINGS.get(t.text, t.text.lower())
        if lower == "arg" and self.at("max", "min", "sup", "inf"):
            lower += self.step().text
        symbol = Symbol(lower, True, start=t.start, end=self.reached)
        scripted = self.scripts(symbol)
        if isinstance(scripted, Scripted) and scripted.primes:
            return scripted
        args = self._arguments()
        if args is None:
            return scripted
        subs, sup, bracket = below, None, ""
        if isinstance(scripted, Scripted):
            subs, sup, bracket = below + scripted.subs, scripted.sup, scripted.sup_bracket
        call = Call(lower, args, subs, start=t.start, end=self.reached)
        return call if sup is None else Scripted(call, (), sup, bracket, start=t.start, end=self.reached)

    def _arguments(self) -> tuple[Node, ...] | None:
        """What a function is applied to: the items of a bracket, or the product that follows; None for nothing."""
        t = self.peek()
        if t is None or not self.starts_factor():
            return None
        if t.text in {"(", "[", "\\{", "{"} and t.kind in {"mark", "left"}:
            made = self._atom()
            return made.items if isinstance(made, Group) and made.items else (made,)
        argument = self.argument()
        if self.at("/"):
            raise Unreadable("f a/b may mean f(a)/b or f(a/b): write it with brackets", argument.start)
        return (argument,)

    def _big(self) -> BigOperator:
        t = self.step()
        name = {"Sigma": "sum", "Pi": "prod"}.get(t.text, t.text)
        indices: tuple[Node, ...] = ()
        low: Node | None = None
        high: Node | None = None
        while self.at("_", "^"):
            below = self.step().text == "_"
            i, j = self.unit()
            if below:
                indices, low, above = self._bounds(i, j)
                high = above or high
            elif self.filled(i, j):
                high = self.inside(i, j, self.expression)
        if not self.starts_factor() and not self.at(*alphabet.SIGNS):
            raise Unreadable("a sum or product of nothing", t.start)
        body = self.term()
        return BigOperator(alphabet.BIG.get(name, name), indices, low, high, body, start=t.start, end=self.reached)

    def _bounds(self, i: int, j: int) -> tuple[tuple[Node, ...], Node | None, Node | None]:
        r"""What stands below a sum: k, i,j, k=1, i,j=1, k \neq j (a condition among the indices), 1 \le k \le n."""
        places = self.filled(i, j)
        if len(places) > 1 and self.tokens[places[0]].text == "substack":
            i, j = places[0] + 2, places[-1]
        indices: list[Node] = []
        low: tuple[str, Node] | None = None
        high: Node | None = None
        for a, b in self.split(i, j, lambda t: is_comma(t) or t.kind == "row" or t.text == ":"):
            if not self.filled(a, b):
                continue
            if not self.find(a, b, is_relation):
                plain = all(self._is_plain(self.tokens[k]) for k in self.filled(a, b))
                indices.extend(self.subscripts(a, b) if plain else [self.inside(a, b, self.expression)])
                continue
            c = self.condition(a, b)
            if c.sign == "=" and not c.others and c.left is not None and c.right is not None:
                written = self.text[c.right.start : c.right.end]
                if low is not None and low[0] != written:
                    raise Unreadable("a sum with two lower bounds", c.start)
                low = written, c.right
                indices.append(c.left)
            elif c.sign == "<=" and len(c.others) == 1 and c.others[0].sign == "<=" and c.right is not None and not low:
                indices.append(c.right)
                low, high = ("", c.left or c.right), c.others[0].right
            else:
                indices.append(c)
        return tuple(indices), low[1] if low else None, high


def _product(factors: list[Node], signs: list[str]) -> Node:
    if len(factors) == 1:
        return factors[0]
    return Product(tuple(factors), tuple(signs), start=factors[0].start, end=max(f.end for f in factors))
