"""Expressions as people write them, whatever the medium: the order of signs, brackets, and what is left out.

The signs themselves come from a `Style`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainrule.core.expr import Access, Apply, Array, Const, Delta, Expr, Iverson, Partial, SizeValue, Sum, Var
from chainrule.core.graph import walk
from chainrule.core.index import Affine, Index
from chainrule.notation.calls import call_parts
from chainrule.notation.naming import Plan
from chainrule.notation.style import ADD, ATOM, COMPARE, ENTRYWISE, POWER, PRODUCT, Shown, Style

_SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


class Display:
    """Prints the expressions of one plan in one style."""

    def __init__(self, style: Style, plan: Plan, root: Expr) -> None:
        self.style, self.plan, self.root = style, plan, root
        self.done: dict[Expr, Shown] = {}
        self.meaning: dict[Expr, str] = {}  # what the names stand for
        for node in walk(root):
            shown = self._show(node)
            if node in plan.names:
                self.meaning[node] = self.signed(shown)
                shown = style.variable(plan.names[node])
            self.done[node] = shown

    def program(self) -> str:
        """The result, and what its names mean."""
        definitions = [(self.style.variable(name).text, self.meaning[node]) for name, node in self.plan.definitions]
        return self.style.where(self.signed(self.result), definitions)

    @property
    def result(self) -> Shown:
        """The result alone, as a part of something larger."""
        return self.done[self.root.body if isinstance(self.root, Array) else self.root]

    def signed(self, s: Shown) -> str:
        return self.style.negative + s.text if s.minus else s.text

    def at(self, s: Shown, level: int, last: bool = True) -> str:
        """As an operand of a sign of this level; `last` if nothing follows that an open part could swallow."""
        if s.minus or s.level < level or (s.open and not last):
            return self.style.bracket(self.signed(s))
        return s.text

    @staticmethod
    def _stands_alone(s: Shown) -> bool:
        """Whether it can carry an exponent without brackets."""
        return s.level == ATOM and not s.script and not s.minus

    def _show(self, e: Expr) -> Shown:
        style = self.style
        match e:
            case Var(name=name):
                return style.variable(name)
            case Const(value=value):
                s = style.number(abs(value))
                return Shown(s.text, s.level, value < 0, s.open, s.script, True)
            case SizeValue(size=n):
                return style.size(n)
            case Apply():
                return self._apply(e)
            case Access():
                return self._entry(e)
            case Delta(left=a, right=b):
                return Shown(style.entry(style.name("delta"), [self.subscript(a), self.subscript(b)], True), ATOM)
            case Iverson(value=a):
                return Shown(style.iverson(style.compare(self.subscript(a), "≥", style.integer(0))), ATOM)
            case Sum():
                return self._sum(e)
            case Array(indices=ix, body=body):
                return Shown(style.array(self.signed(self.done[body]), [self.letter(i) for i in ix]), ATOM)
            case Partial(of=of, by=by):
                return Shown(style.partial(self._numerator(of), self.signed(self.done[by])), POWER)
            case _:
                raise TypeError(f"not an expression: {type(e).__name__}")

    def _numerator(self, of: Expr) -> Shown:
        s = self.done[of]
        return Shown(self.signed(s), ADD if s.minus else s.level)

    def letter(self, i: Index) -> str:
        return self.style.name(self.plan.letters.get(i, i.hint))

    def subscript(self, s: Affine) -> str:
        return self.style.whole.subscript(s, self.letter, lambda entry: self.done[entry].text)

    def _entry(self, e: Access) -> Shown:
        subs = [self.subscript(s) for s in e.subs]
        base, named = self.done[e.tensor], isinstance(e.tensor, Var) or e.tensor in self.plan.names
        derivative = isinstance(e.tensor, Apply) and e.tensor.op.name == "opaque" and e.tensor.params[1]
        if isinstance(e.tensor, Apply) and derivative and e.tensor not in self.plan.names:
            found = self._opaque(e.tensor, subs)
            if found is not None:
                return found
        whole = named or self._stands_alone(base)
        text = base.text if whole else self.style.bracket(self.signed(base))
        return Shown(self.style.entry(text, subs, named), ATOM, script=named and base.script)

    def _sum(self, e: Sum) -> Shown:
        indices, body = [e.index], e.body
        while isinstance(body, Sum) and body not in self.plan.names:
            indices.append(body.index)
            body = body.body
        text = self.at(self.done[body], PRODUCT)
        return Shown(self.style.total([self.letter(i) for i in indices], text), PRODUCT, open=True)

    # Applications -----------------------------------------------------------------------------------------------

    def _apply(self, e: Apply) -> Shown:
        s, style = [self.done[a] for a in e.args], self.style
        match e.op.name:
            case "add" | "sub":
                return self._addition(s, e.op.name == "sub")
            case "neg":
                a = s[0]
                if a.minus or a.level < ENTRYWISE:
                    return Shown(style.bracket(self.signed(a)), ATOM, True)
                return Shown(a.text, a.level, True, a.open)
            case "mul" if all(a.shape for a in e.args):
                return self._joined(s, style.entrywise, ENTRYWISE)
            case "mul" | "matmul":
                return self._product(e, s)
            case "div" if e.args[1].shape:
                return self._joined(s, style.divided, ENTRYWISE, right=PRODUCT)
            case "div":
                top = self._without_sign(e.args[0], s[0])
                found = style.fraction(Shown(top.text, top.level, open=top.open), s[1])
                return Shown(found.text, found.level, s[0].minus, found.open)
            case "kron":
                return self._joined(s, style.kron, ENTRYWISE, left=POWER, right=POWER)
            case "pow" | "matpow" | "square" | "inv":
                return self._power(e, s)
            case "transpose":
                return self._transpose(e, s[0])
            case "gt" | "ge" | "lt" | "le" as name:
                return Shown(style.compare(self.signed(s[0]), _SIGNS[name], self.signed(s[1])), COMPARE)
            case "opaque" | "opaque_elementwise":
                found = self._opaque(e, []) if e.op.name == "opaque" else None
                fn, order = e.params
                name = style.primed(style.name(fn.name), order)
                return found or Shown(name + style.bracket(self.signed(s[0])), ATOM)
            case _:
                parts = call_parts(e) if e.op.call else list(e.args)
                shown = [self.done[p] if isinstance(p, Expr) else p for p in parts]
                return style.call(e, [p if isinstance(p, str) else self.signed(p) for p in shown], shown)

    def _without_sign(self, e: Expr, s: Shown) -> Shown:
        """What stands after the minus, where there is one: a + b, and not (a + b), of −(a + b)."""
        if s.minus and isinstance(e, Apply) and e.op.name == "neg" and e not in self.plan.names:
            inner = self.done[e.args[0]]
            return s if inner.minus else inner
        return s

    def _opaque(self, e: Apply, subs: Sequence[str]) -> Shown | None:
        """∂J/∂y where y has a name; with subscripts, ∂J/∂y_i."""
        fn, order = e.params
        arg = e.args[0]
        if not order or not (isinstance(arg, Var) or arg in self.plan.names):
            return None
        name, by, style = self.style.name(fn.name), self.done[arg].text, self.style
        base = style.bracket(by) if self.done[arg].script else by
        outer, inner = subs[: len(fn.out)], subs[len(fn.out) :]
        if not subs:
            return Shown(
                style.derivative(name, order, style.d + (by if order == 1 else style.power(base, style.integer(2)))),
                POWER,
            )
        top = style.entry(name, outer, True) if outer else name
        size = len(inner) // order
        groups = [inner[k * size : (k + 1) * size] for k in range(order)]
        bottom = " ".join(style.d + (style.entry(by, g, True) if g else by) for g in groups)
        return Shown(style.derivative(top, order, bottom), POWER)

    def _addition(self, s: list[Shown], minus: bool) -> Shown:
        left, right = s
        sign = self.style.minus if minus is not right.minus else self.style.plus
        if right.minus:
            text = right.text if right.level >= ENTRYWISE else self.style.bracket(right.text)
        else:
            text = self.at(right, ENTRYWISE if minus else ADD)
        return Shown(f"{self.signed(left)} {sign} {text}", ADD)

    def _joined(
        self, s: list[Shown], sign: str, level: int, left: int | None = None, right: int | None = None
    ) -> Shown:
        a, b = s
        first = self.at(Shown(a.text, a.level, open=a.open), level if left is None else left, last=False)
        return Shown(f"{first} {sign} {self.at(b, level if right is None else right, last=False)}", level, a.minus)

    def _product(self, e: Apply, s: list[Shown]) -> Shown:
        a, b = s
        text = self.at(Shown(a.text, a.level, open=a.open), PRODUCT, last=False)
        if e.op.name == "mul" and _inner(e.args[0]) and e.args[1].shape and not e.args[1].row and a.level == PRODUCT:
            text = self.style.bracket(a.text)  # (xᵀ y) z
        right = self.at(b, PRODUCT)
        digits = (a.number and b.number) or self.style.starts_with_digit(right)
        join = self.style.times if digits else self.style.beside(right)
        return Shown(f"{text}{join}{right}", PRODUCT, a.minus, b.open and not self.style.starts_with_bracket(right))

    def _power(self, e: Apply, s: list[Shown]) -> Shown:
        style, base = self.style, s[0]
        text = base.text if self._stands_alone(base) else style.bracket(self.signed(base))
        if e.op.name == "inv":
            return Shown(style.power(text, style.integer(-1)), ATOM, script=True)
        if e.op.name == "square":
            return Shown(style.power(text, style.integer(2), e.ndim == 2), ATOM, script=True)
        exponent = style.integer(e.params[0]) if e.op.name == "matpow" else self.signed(s[1])
        return Shown(style.power(text, exponent, e.op.name == "pow" and e.ndim == 2), ATOM, script=True)

    def _transpose(self, e: Apply, s: Shown) -> Shown:
        inner = e.args[0]
        if isinstance(inner, Apply) and inner.op.name == "inv" and inner not in self.plan.names:
            base = self.done[inner.args[0]]
            text = base.text if self._stands_alone(base) else self.style.bracket(self.signed(base))
            return Shown(self.style.inverse_transpose(text), ATOM, script=True)
        text = s.text if self._stands_alone(s) else self.style.bracket(self.signed(s))
        return Shown(self.style.transpose(text), ATOM, script=True)


def _inner(e: Expr) -> bool:
    """Whether it is a scalar that is written as a product of matrices."""
    while isinstance(e, Apply) and e.op.name in ("neg", "mul") and not e.shape:
        e = e.args[-1]
    return isinstance(e, Apply) and e.op.name == "matmul" and not e.shape


def split_name(name: str) -> tuple[str, str]:
    """A name as letter and index: W1 is W and 1, W_hh is W and hh."""
    base, _, index = name.partition("_")
    digits = base.rstrip("0123456789")
    if not digits:
        return name, ""
    return digits, ",".join(filter(None, [base[len(digits) :], index]))


GREEK: Mapping[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "lam": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω",
}  # fmt: skip
