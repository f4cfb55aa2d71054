r"""Named functions with what they are applied to, and Σ and ∏ with their bounds and bodies."""

from __future__ import annotations

from abc import abstractmethod

from chainrule.checker import alphabet
from chainrule.checker.cursor import is_comma, is_relation
from chainrule.checker.literals import Literals
from chainrule.checker.syntax import BigOperator, Call, Group, Node, Product, Scripted, Symbol
from chainrule.checker.tokens import Token, Unreadable


class Operators(Literals):
    """Reads functions and big operators."""

    @abstractmethod
    def atom(self) -> Node:
        """The smallest part that can carry scripts."""

    def argument(self) -> Node:
        """The factors side by side that a function without brackets takes; another function ends them."""
        factors = [self.factor()]
        while self.starts_factor() and not self._starts_function():
            factors.append(self.factor())
        return product(factors, [""] * (len(factors) - 1))

    def _starts_function(self) -> bool:
        t = self.peek()
        if t is None or t.kind not in {"command", "name"}:
            return False
        return t.text.lower() in alphabet.FUNCTIONS and not (t.kind == "command" and t.text == "vec")

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

    def _bounded(self) -> bool:
        r"""Whether a \Sigma carries the bounds of a sum."""
        k = self.pos + 1
        return (
            k + 1 < self.end
            and self.tokens[k].text == "_"
            and self.tokens[k + 1].text == "{"
            and self.find(k + 2, self.pairs.close.get(k + 1, k + 2), is_relation)
        )

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
            made = self.atom()
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


def product(factors: list[Node], signs: list[str]) -> Node:
    if len(factors) == 1:
        return factors[0]
    return Product(tuple(factors), tuple(signs), start=factors[0].start, end=max(f.end for f in factors))
