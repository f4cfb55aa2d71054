"""Syntax trees written again: as a key that forgets places, and as LaTeX in the document's own notation."""

from __future__ import annotations

from chainrule.checker import syntax as s
from chainrule.checker.alphabet import GREEK

COMMANDS = GREEK | {"ell", "nabla"}
ACCENTS = ("hat", "bar", "tilde", "vec", "dot", "ddot", "check", "breve", "overline", "widehat", "widetilde")
SIGNS = {"": " ", "cdot": r" \cdot ", "times": r" \times ", "odot": r" \odot ", "otimes": r" \otimes "}
RELATIONS = {"!=": r"\neq", "<=": r"\le", ">=": r"\ge", "in": r"\in"}
FUNCTIONS = frozenset(["exp", "log", "ln", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "det"])


def written(node: object) -> str:
    """The structure of a tree, the same wherever it stands; brackets about one thing do not count."""
    match node:
        case s.Group(items=(inner,)):
            return written(inner)
        case s.Product(factors=(one,)):
            return written(one)
        case s.Sum(terms=((1, one),)):
            return written(one)
        case s.Derivative(of=of, by=by, order=order):
            return f"∂({written(of)};{written(by)};{order})"
        case s.Symbol(name=name):
            return name
        case s.Number(value=v):
            return str(v)
        case s.Node():
            parts = [written(getattr(node, f)) for f in node.__dataclass_fields__ if f not in ("start", "end")]
            return f"{type(node).__name__}({','.join(parts)})"
        case tuple():
            return "[" + ",".join(written(x) for x in node) + "]"
        case _:
            return str(node)


def span(text: str, node: s.Node) -> tuple[int, int]:
    """Where a part stands, with the braces closed that it opens."""
    start, end = node.start, node.end
    while end < len(text) and text[end] == "}" and _open(text[start:end]) > 0:
        end += 1
    return start, end


def _open(text: str) -> int:
    plain = text.replace(r"\{", "").replace(r"\}", "")
    return plain.count("{") - plain.count("}")


class Printer:
    """Writes trees as LaTeX; parts that stand in the document are copied from there."""

    def __init__(self, text: str, odot: str = r"\odot", top: str = r"^\top") -> None:
        self.text, self.odot, self.top = text, odot, top

    def __call__(self, node: s.Node) -> str:
        if node.end > node.start:
            return self.text[slice(*span(self.text, node))]
        return self._new(node)

    def _new(self, node: s.Node) -> str:
        match node:
            case s.Number(value=v):
                if v.denominator == 1:
                    return str(v)
                return rf"{'-' if v < 0 else ''}\frac{{{abs(v.numerator)}}}{{{v.denominator}}}"
            case s.Symbol(name=name):
                return _name(name)
            case s.Scripted():
                return self._scripted(node)
            case s.Transposed(body=body):
                return self._base(body) + self.top
            case s.Sum(terms=((1, a), (sign, s.Number() as b))) if sign and isinstance(a, s.Symbol):
                return f"{self(a)}{'+' if sign > 0 else '-'}{self(b)}"  # l+1 in a script
            case s.Sum(terms=terms):
                return self._sum(terms)
            case s.Product(factors=factors, signs=signs):
                return self._product(factors, signs)
            case s.Quotient(over=a, under=b):
                return rf"\frac{{{self(a)}}}{{{self(b)}}}"
            case s.Derivative(of=of, by=by) if len(by) == 1:
                return rf"\frac{{\partial {self(of)}}}{{\partial {self(by[0])}}}"
            case s.BigOperator(operator=op, indices=indices, low=low, high=high, body=body):
                under = ",".join(map(self, indices)) + (f"={self(low)}" if low is not None else "")
                above = f"^{{{self(high)}}}" if high is not None else ""
                return rf"\{op}_{{{under}}}{above} {self._factor(body)}"
            case s.Call(name=name, args=args):
                head = rf"\{name}" if name in FUNCTIONS else rf"\operatorname{{{name}}}"
                return f"{head}({', '.join(map(self, args))})"
            case s.Group(items=items, kind=kind):
                left, right = {"(": ("(", ")"), "[": ("[", "]"), "{": (r"\{", r"\}")}[kind]
                return left + ", ".join(map(self, items)) + right
            case s.Matrix(rows=rows):
                body = r" \\ ".join(" & ".join(map(self, r)) for r in rows)
                return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"
            case s.Cases(rows=rows):
                body = r" \\ ".join(self(v) + (f" & {self(c)}" if c is not None else "") for v, c in rows)
                return rf"\begin{{cases}} {body} \end{{cases}}"
            case s.Condition(left=a, sign=sign, right=b) if a is not None and b is not None:
                return f"{self(a)} {RELATIONS.get(sign, sign)} {self(b)}"
            case s.Condition():
                return r"\text{otherwise}"
            case s.Indicator(condition=c):
                return rf"\mathbf{{1}}[{self(c)}]"
            case s.Words(text=text):
                return rf"\text{{{text}}}"
            case _:
                raise ValueError(type(node).__name__)

    def _sum(self, terms: tuple[tuple[int, s.Node], ...]) -> str:
        out = ""
        for k, (sign, t) in enumerate(terms):
            out += ("-" if sign < 0 else "") if not k else (" - " if sign < 0 else " + ")
            out += self._factor(t)
        return out

    def _product(self, factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> str:
        out = self._factor(factors[0])
        for sign, f in zip(signs, factors[1:], strict=True):
            out += (f" {self.odot} " if sign == "odot" else SIGNS[sign]) + self._factor(f)
        return out

    def _scripted(self, node: s.Scripted) -> str:
        out = self._base(node.base) + "'" * node.primes
        if node.subs:
            parts = [self(x) for x in node.subs]
            plain = all(isinstance(x, (s.Symbol, s.Number)) for x in node.subs)
            out += f"_{{{''.join(parts) if plain else ','.join(parts)}}}"
        if node.sup is not None:
            close = {"(": ")", "[": "]"}.get(node.sup_bracket, "")
            out += f"^{{{node.sup_bracket}{self(node.sup)}{close}}}"
        return out

    def _base(self, node: s.Node) -> str:
        text = self(node)
        match node:
            case s.Symbol() | s.Group() | s.Matrix():
                return text
            case s.Scripted(sup=None, primes=0):
                return text
            case _:
                return rf"\left( {text} \right)"

    def _factor(self, node: s.Node) -> str:
        """A part of a product or a sum, in brackets where it is a sum itself."""
        return rf"\left( {self(node)} \right)" if isinstance(node, s.Sum) else self(node)


def _name(name: str) -> str:
    for accent in ACCENTS:
        if name.startswith(accent + "_"):
            return rf"\{accent}{{{_name(name[len(accent) + 1 :])}}}"
    if name == "1":
        return r"\mathbf{1}"
    if name in COMMANDS:
        return rf"\{name}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"
