r"""Quotients and derivatives: \frac, dL/dz, \partial L/\partial W, \nabla_W L, \frac{\partial}{\partial x}(…)."""

from __future__ import annotations

from abc import abstractmethod

from chainrule.checker import alphabet
from chainrule.checker.cursor import is_comma, is_relation
from chainrule.checker.scripts import Scripts
from chainrule.checker.syntax import Derivative, Group, Node, Number, Product, Quotient, Scripted, Symbol, Transposed
from chainrule.checker.tokens import Unreadable

_MAX_SCAN = 60  # tokens between d and its slash
_SCALARS = frozenset(
    ["L", "J", "C", "E", "F", "f", "g", "h", "ell", "l", "cal_L", "cal_J", "cal_C", "cal_E", "Loss", "loss"]
)


class Quotients(Scripts):
    """Reads quotients and derivatives."""

    @abstractmethod
    def argument(self) -> Node:
        """What a function without brackets takes."""

    # ── fractions ────────────────────────────────────────────────────────────────────────────────────────────────

    def fraction(self) -> Node:
        t = self.step()
        over, under = self.unit(), self.unit()
        end = self.reached
        kind = self._differential(*over)
        if kind and self._differential(*under) == kind:
            return self._derivative(kind, over, under, t.start)
        for i, j in (over, under):
            if not self.filled(i, j):
                raise Unreadable("a fraction without both parts", t.start)
        return Quotient(
            self.inside(*over, self.expression), self.inside(*under, self.expression), start=t.start, end=end
        )

    def _differential(self, i: int, j: int) -> str:
        r"""Whether a range starts with \partial or with the d of a derivative."""
        places = self.filled(i, j)
        if not places:
            return ""
        first = self.tokens[places[0]]
        if first.kind == "command" and first.text == "partial":
            return "partial"
        if self._is_d(places[0]):
            after = places[self._width_of_d(places[0]) :]
            if not after or self.tokens[after[0]].text == "^" or self.tokens[after[0]].kind not in {"mark", "digit"}:
                return "d"
            return "d" if self.tokens[after[0]].text in {"(", "[", "{"} else ""
        return ""

    def _is_d(self, k: int) -> bool:
        t = self.tokens[k]
        if t.kind == "command" and t.text == "mathrm" and k + 1 < len(self.tokens):
            t = self.tokens[k + 1]
            if t.text == "{" and k + 2 < len(self.tokens):
                t = self.tokens[k + 2]
        return t.kind == "letter" and t.text == "d"

    def _width_of_d(self, k: int) -> int:
        if self.tokens[k].kind == "letter":
            return 1
        return 4 if self.tokens[k + 1].text == "{" else 2

    def _step_differential(self, kind: str) -> bool:
        """Step over a ∂ or d if it is next."""
        t = self.peek()
        if t is None:
            return False
        if kind == "partial":
            if not self.at("partial"):
                return False
            self.step()
            return True
        if not self._is_d(self.pos):
            return False
        self.jump(self.pos + self._width_of_d(self.pos))
        return True

    def _order(self) -> int:
        if not self.at("^"):
            return 1
        self.step()
        i, j = self.unit()
        text = "".join(self.tokens[k].text for k in self.filled(i, j))
        if text not in {"1", "2", "3", "4"}:
            raise Unreadable("a derivative of an order that is not 1 to 4", self.tokens[i].start)
        return int(text)

    def _derivative(self, kind: str, over: tuple[int, int], under: tuple[int, int], start: int) -> Derivative:
        order, of = self.inside(*over, lambda: self._numerator(kind))
        by = self.inside(*under, lambda: self._denominator(kind, order))
        if of is None:
            of = self._operand()
        return Derivative(of, by, max(order, len(by)), kind, start=start, end=max(self.reached, of.end))

    def _numerator(self, kind: str) -> tuple[int, Node | None]:
        self._step_differential(kind)
        order = self._order()
        return order, self.term() if self.peek() is not None else None

    def _denominator(self, kind: str, order: int) -> tuple[Node, ...]:
        by: list[Node] = []
        while self._step_differential(kind):
            if self.peek() is None:
                raise Unreadable("a derivative by nothing", self.reached)
            by.append(self.applied())
            if kind == "partial" and self._slash(self.pos) is not None:
                break
        # ∂²f/∂x²: twice by x.
        if len(by) < order and isinstance(last := by[-1], Scripted) and isinstance(last.sup, Number):
            times = last.sup.value
            if not last.sup_bracket and len(by) - 1 + times == order:
                bare = Scripted(last.base, last.subs, None, "", last.primes, start=last.start, end=last.end)
                plain = bare if last.subs or last.primes else last.base
                by[-1:] = [plain] * int(times)
        return tuple(by)

    def applied(self) -> Node:
        """A factor; a letter with the bracket that follows it, f(x), as one."""
        f = self.factor()
        if _is_letter(f) and self._opens_round():
            group = self.factor()
            return Product((f, group), ("",), start=f.start, end=group.end)
        return f

    def _opens_round(self) -> bool:
        t = self.peek()
        return t is not None and t.text in {"(", "["} and t.kind in {"mark", "left"}

    def _operand(self) -> Node:
        """What an operator like ∂/∂x is applied to: the bracket that follows, or the product."""
        if self._opens_round():
            return self.factor()
        if not self.starts_factor():
            raise Unreadable("an operator that is applied to nothing", self.reached)
        return self.argument()

    # ── with a slash ─────────────────────────────────────────────────────────────────────────────────────────────

    def slashed(self) -> Node | None:
        r"""\partial L/\partial W or dL/dz if that is what starts here."""
        t = self.peek()
        assert t is not None
        k = self.pos
        slash = self._slash(k)
        if slash is None:
            return None
        kind = "partial" if t.text == "partial" else "d"
        order, of = self.inside(k, slash, lambda: self._numerator(kind))
        self.jump(slash + 1)
        by = self._denominator(kind, order)
        if of is None:
            of = self._operand()
        return Derivative(of, by, max(order, len(by)), kind, start=t.start, end=max(self.reached, of.end))

    def _slash(self, k: int) -> int | None:
        r"""The slash of the derivative whose ∂ or d stands at k."""
        t = self.tokens[k] if k < self.end else None
        partial = t is not None and t.kind == "command" and t.text == "partial"
        if t is None or not (partial or self._is_d(k)):
            return None
        i = first = k + (1 if partial else self._width_of_d(k))
        units = 0
        while i < min(self.end, k + _MAX_SCAN):
            t = self.tokens[i]
            if t.text == "/" and t.kind == "mark":
                return i if self._differential_at(i + 1, partial) else None
            if is_relation(t) or is_comma(t) or t.kind in {"words", "row"} or t.text in {"+", "-", "partial", "&"}:
                return None
            if t.text in {"^", "_"} and i == first and not partial and t.text == "_":
                return None  # the symbol d_i
            if t.text in {"^", "_"}:
                i += 1
            elif t.text != "'" and t.kind != "space":
                units += 1
            if not partial and units > 2:
                return None
            i = self.pairs.close.get(i, i) + 1
        return None

    def _differential_at(self, k: int, partial: bool) -> bool:
        while k < self.end and self.skips(self.tokens[k]):
            k += 1
        if k >= self.end:
            return False
        if partial:
            return self.tokens[k].text == "partial"
        after = k + self._width_of_d(k) if self._is_d(k) else self.end
        return after < self.end and self.tokens[after].kind in {"letter", "command", "name"}

    # ── ∂_x and ∇ ────────────────────────────────────────────────────────────────────────────────────────────────

    def partial(self) -> Node:
        r"""\partial L/\partial W, \partial_x f."""
        made = self.slashed()
        if made is not None:
            return made
        t = self.step()
        if not self.at("_"):
            raise Unreadable("∂ outside a quotient is not understood", t.start)
        by = self._below()
        order = self._order()
        of = self._operand()
        return Derivative(of, by, max(order, len(by)), "partial", start=t.start, end=of.end)

    def nabla(self) -> Node:
        r"""\nabla_W L, \nabla L(w), \nabla^2 L; alone it is a symbol."""
        t = self.step()
        by: tuple[Node, ...] = ()
        order = 1
        while self.at("_", "^"):
            if self.at("_"):
                by = self._below()
            else:
                order = self._order()
        if not self.starts_factor():
            return Symbol("nabla", start=t.start, end=self.reached)
        of = self._function()
        if (
            isinstance(of, Product)
            and isinstance(of.factors[-1], Transposed)
            and isinstance(of.factors[-1].body, Group)
        ):
            # ∇L(w)ᵀ is the transpose of the gradient.
            body = of.factors[-1].body
            whole = Product((*of.factors[:-1], body), of.signs, start=of.start, end=body.end)
            inner = Derivative(whole, by, order, "nabla", start=t.start, end=body.end)
            return Transposed(inner, start=t.start, end=self.reached)
        return Derivative(of, by, order, "nabla", start=t.start, end=self.reached)

    def _below(self) -> tuple[Node, ...]:
        self.step()
        i, j = self.unit()
        parts = [(a, b) for a, b in self.split(i, j, is_comma) if self.filled(a, b)]
        if len(parts) == 1 and len(self.filled(i, j)) == 2 and all(self._is_plain(self.tokens[k]) for k in range(i, j)):
            return self.subscripts(i, j)
        return tuple(self.inside(a, b, self.expression) for a, b in parts)

    def _function(self) -> Node:
        """What ∇ is applied to: a function with its bracket, or a product such as xᵀAx."""
        saved = self.pos, self.reached
        f = self.applied()
        base = f.base if isinstance(f, Scripted) else f
        if not isinstance(base, Symbol) and not isinstance(f, Number | Quotient | Transposed):
            return f
        if (isinstance(base, Symbol) and base.name in _SCALARS) or not self.starts_factor():
            return f
        self.pos, self.reached = saved
        return self.argument()


def _is_letter(node: Node) -> bool:
    if isinstance(node, Scripted):
        node = node.base
    return isinstance(node, Symbol) and node.name not in alphabet.FUNCTIONS
