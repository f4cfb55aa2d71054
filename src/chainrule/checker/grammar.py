"""The grammar of expressions: sums of products of factors, and what may be a factor.

Juxtaposition binds tighter than + and −. A function without brackets takes the product that follows it; the body of
Σ reaches over the whole product. Nesting is bounded, so that no input reaches the recursion limit.
"""

from __future__ import annotations

from dataclasses import replace

from chainrule.checker import alphabet
from chainrule.checker.cursor import MAX_DEPTH, relation
from chainrule.checker.operators import Operators, product
from chainrule.checker.syntax import (
    Call,
    Dots,
    Node,
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


class Grammar(Operators):
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
                over = product(factors, signs)
                under = self._divisor()
                factors, signs = [Quotient(over, under, entrywise, start=over.start, end=self.reached)], []
                self._refuse_ambiguous_divisor()
            elif self.starts_factor():
                factors.append(self.factor())
                signs.append("")
            else:
                return product(factors, signs)

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

    # ── factors ──────────────────────────────────────────────────────────────────────────────────────────────────

    def factor(self) -> Node:
        """An atom with its scripts."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply", self.reached)
        out = self.scripts(self.atom())
        self.depth -= 1
        return out

    def atom(self) -> Node:
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
