"""Expressions as text of the language, which parses back to the same object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from chainrule.core.expr import (
    LONGEST,
    Access,
    Apply,
    Array,
    Const,
    Delta,
    Expr,
    Iverson,
    Partial,
    SizeValue,
    Sum,
    Var,
    too_long,
)  # fmt: skip
from chainrule.core.graph import walk
from chainrule.core.index import Affine, Index, Lookup, Quotient, Remainder
from chainrule.core.size import ONE, Size
from chainrule.errors import ChainruleError
from chainrule.notation.calls import call_parts
from chainrule.notation.naming import Plan, free_letters, plan

_WHOLE, _COMPARE, _ADD, _MUL, _NEG, _POW, _ATOM = range(-1, 6)
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


@dataclass(frozen=True, slots=True)
class Piece:
    """A printed part.

    level: how tightly its outermost sign binds. whole: its text where it stands alone, if that differs.

    Alone, `-2` and `1/3` are numbers and `m*n` is a size, so the negative of 2 is written `-(2)`; `pure` marks what is
    made of sizes and whole numbers, and `blocked` is its text with a bracket that keeps it from being one size.
    """

    text: str
    level: int
    whole: str = ""
    pure: bool = False
    blocked: str = ""

    @property
    def alone(self) -> str:
        return self.whole or self.text

    def at(self, level: int) -> str:
        """The text as an operand of a sign of this level."""
        return self.text if self.level >= level else f"({self.alone})"

    def kept(self, level: int) -> str:
        """The same, bracketed so that no size comes about."""
        if self.blocked:
            return self.blocked if self.level >= level else f"({self.alone})"
        return f"({self.text})" if self.level >= _ATOM else f"(({self.alone}))"


def to_text(e: Expr, hints: Mapping[Expr, str] | None = None, share: bool = True) -> str:
    """The expression as a program: definitions of what is used more than once, then the result.

    `hints` are names for parts (by default those of the program it was parsed from); without `share` all is one line.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> to_text(parse("0.5*(X*w - y)'*(X*w - y)"))
        "r = X*w - y; 0.5*r'*r"

    """
    p = plan(e, hints, share)
    printer = _Printer(p, e)
    lines = [f"{name} = {printer.meaning[node]}" for name, node in p.definitions]
    return "; ".join([*lines, printer.result(e)])


def given_text(e: Expr, variables: Iterable[Var] | None = None) -> str:
    """The declarations that `e` needs to be parsed: of its variables, unless others are given, and functions."""
    functions: dict[str, str] = {}
    for node in walk(e):
        if isinstance(node, Apply) and node.op.name.startswith("opaque"):
            fn = node.params[0]
            if fn.elementwise:
                functions[fn.name] = f"{fn.name}: elementwise"
            else:
                out = f"->({', '.join(map(str, fn.out))})" if fn.out else ""
                arg = node.args[0].shape if fn.arg is None else fn.arg
                functions[fn.name] = f"{fn.name}: function({', '.join(map(str, arg))}){out}"
    declared = e.variables if variables is None else variables
    return "; ".join([*map(_declaration, declared), *functions.values()])


def _declaration(v: Var) -> str:
    words = [str(n) for n in v.dims] or ["scalar"]
    words += sorted(v.props)
    if v.index_size is not None:
        words.append(f"index({v.index_size})")
    return f"{v.name}: {' '.join(words)}"


def number(value: Fraction) -> str:
    """A number that is not negative: decimal if that ends, else a fraction; 1e30 where it is long and round."""
    if too_long(value):
        raise ChainruleError(f"a number of more than {LONGEST} digits is not written out")
    if value.denominator == 1:
        text = str(value.numerator)
        digits = text.rstrip("0")
        return f"{digits}e{len(text) - len(digits)}" if len(text) > 21 and 2 * len(digits) < len(text) else text
    for digits in range(1, 41):
        scaled = value * 10**digits
        if scaled.denominator == 1 and digits > 6 and value < 1e-3:
            return f"{scaled.numerator}e-{digits}"
        if scaled.denominator == 1:
            text = str(scaled.numerator).rjust(digits + 1, "0")
            return f"{text[:-digits]}.{text[-digits:]}"
    return f"{value.numerator}/{value.denominator}"


class _Printer:
    def __init__(self, p: Plan, root: Expr) -> None:
        self.plan = p
        self.done: dict[Expr, Piece] = {}
        self.meaning: dict[Expr, str] = {}  # what the names stand for
        for node in walk(root):
            piece = self._piece(node)
            if node in p.names:
                self.meaning[node] = piece.alone
                piece = Piece(p.names[node], _ATOM)
            self.done[node] = piece

    def result(self, e: Expr) -> str:
        """The text of the whole: an array over the letters of its body, in their order, is written as the body."""
        if isinstance(e, Array) and free_letters(e.body) == e.indices and all(_read(e.body, i) for i in e.indices):
            e = e.body
        return self.done[e].alone

    def _piece(self, e: Expr) -> Piece:
        match e:
            case Var(name=name):
                return Piece(name, _ATOM)
            case Const(value=value):
                return _number(value)
            case SizeValue(size=s):
                return _size(s)
            case Apply():
                return self._apply(e)
            case Access(tensor=t, subs=subs):
                inner = ", ".join(self.subscript(s) for s in subs)
                return Piece(f"{self.done[t].at(_ATOM)}[{inner}]", _ATOM)
            case Delta(left=a, right=b):
                return Piece(f"delta[{self.subscript(a)}, {self.subscript(b)}]", _ATOM)
            case Iverson(value=a):
                return Piece(f"where[{self.subscript(a)} >= 0]", _ATOM)
            case Sum():
                return self._sum(e)
            case Array(indices=ix, body=body):
                letters = ", ".join(self.letter(i, body) for i in ix)
                return Piece(f"array[{letters}]({self.done[body].alone})", _ATOM)
            case Partial(of=of, by=by):
                return Piece(f"partial[{self.done[by].alone}]({self.done[of].alone})", _ATOM)
            case _:
                raise TypeError(f"not an expression: {type(e).__name__}")

    def _sum(self, e: Sum) -> Piece:
        indices, body = [e.index], e.body
        while isinstance(body, Sum) and body not in self.plan.names:
            indices.append(body.index)
            body = body.body
        letters = ", ".join(self.letter(i, body) for i in indices)
        return Piece(f"sum[{letters}]({self.done[body].alone})", _ATOM)

    def letter(self, i: Index, body: Expr) -> str:
        """A letter that is bound; with its size where no axis tells it."""
        name = self.plan.letters[i]
        return name if _read(body, i) else f"{name}: {i.size}"

    def subscript(self, s: Affine) -> str:
        return affine_text(s, self.plan.letters, self._entry)

    def _entry(self, entry: Expr) -> str:
        return self.done[entry].at(_ATOM)

    # Applications -----------------------------------------------------------------------------------------------

    def _apply(self, e: Apply) -> Piece:
        a = [self.done[arg] for arg in e.args]
        match e.op.name:
            case "add":
                return _arithmetic(a, " + ", _ADD)
            case "sub":
                return _arithmetic(a, " - ", _ADD)
            case "mul":
                if all(arg.shape for arg in e.args):
                    return Piece(f"{_left(e, a)}.*{a[1].at(_NEG)}", _MUL)
                return _arithmetic(a, "*", _MUL, e.shape == ())
            case "matmul":
                return Piece(f"{_left(e, a)}*{a[1].at(_NEG)}", _MUL)
            case "div":
                return self._quotient(e, a)
            case "neg":
                literal = isinstance(e.args[0], Const) and a[0].level == _ATOM
                blocked = f"-{a[0].kept(_NEG)}" if a[0].pure else ""
                whole = f"-({a[0].text})" if literal else blocked
                return Piece(f"-{a[0].at(_NEG)}", _NEG, whole, a[0].pure, blocked)
            case "pow":
                sign = ".^" if e.args[0].shape or e.args[1].shape else "^"
                return Piece(f"{a[0].at(_ATOM)}{sign}{self._exponent(e.args[1], a[1])}", _POW)
            case "matpow":
                return Piece(f"{a[0].at(_ATOM)}^{e.params[0]}", _POW)
            case "transpose":
                return Piece(f"{a[0].at(_ATOM)}'", _ATOM)
            case "gt" | "ge" | "lt" | "le" as name:
                return Piece(f"{a[0].at(_ADD)} {_SIGNS[name]} {a[1].at(_ADD)}", _COMPARE)
            case "opaque" | "opaque_elementwise":
                fn, order = e.params
                return Piece(f"{('', 'D', 'D2')[order]}{fn.name}({a[0].alone})", _ATOM)
            case _:
                parts = call_parts(e)
                texts = [p if isinstance(p, str) else self.done[p].alone for p in parts]
                return Piece(f"{e.op.name}({', '.join(texts)})", _ATOM)

    def _quotient(self, e: Apply, a: list[Piece]) -> Piece:
        sign = "./" if e.args[1].shape else "/"
        top, bottom = e.args
        whole = ""
        if sign == "/" and isinstance(bottom, Const) and a[1].level == _ATOM:
            digit = top.args[0] if isinstance(top, Apply) and top.op.name == "neg" else top
            if isinstance(digit, Const) and self.done[digit].level == _ATOM:
                whole = f"{a[0].at(_MUL)}/({a[1].text})"
        left = _left(e, a) if bottom.shape else a[0].at(_MUL)
        return Piece(f"{left}{sign}{a[1].at(_NEG)}", _MUL, whole)

    def _exponent(self, e: Expr, piece: Piece) -> str:
        if isinstance(e, Const) and piece.level == _WHOLE and "/" not in piece.text:
            return piece.text  # x^-2
        if isinstance(e, Apply) and e.op.name == "neg" and isinstance(e.args[0], Const):
            return f"({piece.alone})"
        return piece.at(_NEG)


def _left(e: Apply, a: list[Piece]) -> str:
    """The left operand; a matrix product and a product entry by entry are not mixed without brackets."""
    first = e.args[0]
    if isinstance(first, Apply) and a[0].level == _MUL and first.op.elementwise is not e.op.elementwise:
        return f"({a[0].alone})" if all(x.shape for x in first.args) else a[0].text
    return a[0].at(_MUL)


def _number(value: Fraction) -> Piece:
    text = number(abs(value))
    if value < 0:
        return Piece(f"-{text}", _WHOLE, pure=value.denominator == 1)
    return Piece(text, _WHOLE if "/" in text else _ATOM, pure=value.denominator == 1)


def _size(s: Size) -> Piece:
    text = str(s)
    return Piece(text, _ATOM if text.isalnum() or text.isidentifier() else _WHOLE, pure=True)


def _arithmetic(a: list[Piece], sign: str, level: int, scalar: bool = True) -> Piece:
    text = f"{a[0].at(level)}{sign}{a[1].at(level + 1)}"
    if not (scalar and a[0].pure and a[1].pure):
        return Piece(text, level)
    blocked = f"{a[0].kept(level)}{sign}{a[1].at(level + 1)}"
    return Piece(text, level, blocked, True, blocked)


def _read(e: Expr, i: Index) -> bool:
    """Whether the size of a letter follows from an axis that it reads."""
    return any(
        isinstance(node, Access)
        and any(s.index is i and n is i.size for s, n in zip(node.subs, node.tensor.shape, strict=True))
        for node in walk(e)
        if i in node.free
    )


def affine_text(s: Affine, letters: Mapping[Index, str], entry: Callable[[Expr], str]) -> str:
    """A subscript as text."""
    out = ""
    alone = len(s.terms) == 1 and not s.constant.terms
    for atom, c in s.terms:
        match atom:
            case Index():
                text = letters[atom]
            case Quotient(v, d):
                text = f"{_inner(v, letters, entry)}//{_divisor(d)}"
            case Remainder(v, d):
                text = f"{_inner(v, letters, entry)}%{_divisor(d)}"
            case Lookup(e):
                text = entry(e)
        if isinstance(atom, (Quotient, Remainder)) and not (alone and c is ONE):
            text = f"({text})"
        out += _term(c, text, bool(out))
    if s.constant.terms or not out:
        text = str(s.constant)
        out += text if not out or text.startswith("-") else f"+{text}"
    return out


def _inner(v: Affine, letters: Mapping[Index, str], entry: Callable[[Expr], str]) -> str:
    text = affine_text(v, letters, entry)
    return text if v.index is not None else f"({text})"


def _divisor(d: Size) -> str:
    text = str(d)
    return text if text.isalnum() else f"({text})"


def _term(c: Size, text: str, later: bool) -> str:
    if len(c.terms) == 1 and c.terms[0][1] < 0:
        sign, c = "-", c * -1
    else:
        sign = "+" if later else ""
    return f"{sign}{text}" if c is ONE else f"{sign}{_divisor(c)}*{text}"
