"""What a document offers for repairs: its numbers, its vectors and matrices, the slopes of its activations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from chainrule.checker import syntax as s
from chainrule.checker.alphabet import GREEK_NUMBERS
from chainrule.checker.labels import Key, label_of, script
from chainrule.checker.printed import written
from chainrule.checker.symbols import Symbols

Piece = TypeVar("Piece", bound=s.Node)

TEMPERATURES = ("tau", "T", "temperature")
TEMPERATURE_WORDS = re.compile(r"temperature|온도", re.IGNORECASE)


@dataclass
class Parts:
    """Pieces of syntax, each once, in the order of the document.

    scalars: letters for numbers. factors: fractions and roots of these, as they occur. whole: symbols without
    subscripts. entries: entries as they occur. slopes: σ′(z), 1[z > 0] and such. terms: what is added somewhere.
    functions: letters that have a prime somewhere or are applied.
    """

    scalars: list[s.Node] = field(default_factory=list["s.Node"])
    whole: list[s.Node] = field(default_factory=list["s.Node"])
    entries: list[s.Scripted] = field(default_factory=list["s.Scripted"])
    slopes: list[s.Node] = field(default_factory=list["s.Node"])
    terms: list[s.Node] = field(default_factory=list["s.Node"])
    factors: list[s.Node] = field(default_factory=list["s.Node"])
    derivatives: list[s.Node] = field(default_factory=list["s.Node"])
    functions: list[s.Symbol] = field(default_factory=list["s.Symbol"])
    temperature: bool = False
    odot: str = r"\odot"
    top: str = r"^\top"


class Note:
    """Puts pieces into lists, each once."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, str]] = set()

    def __call__(self, group: list[Piece], node: Piece) -> None:
        """Put a piece into a list, unless one that is written so is there."""
        key = id(group), written(node)
        if key not in self._seen:
            self._seen.add(key)
            group.append(node)


def parts(document: s.Document, symbols: Symbols) -> Parts:
    """Collect them."""
    out, note = Parts(), Note()
    for f in document.formulas:
        for st in f.statements:
            for n in s.walk(st):
                _collect(n, symbols, out, note)
    for key, d in symbols.defined.items():
        if d.body is not None:
            for slope in _slopes_of(_named(key), d.body):
                note(out.slopes, slope)
    _style(document.text, out)
    return out


def _named(key: Key) -> s.Node:
    if not key.labels:
        return s.Symbol(key.base)
    below = tuple(script(x) for x in key.below)
    return s.Scripted(s.Symbol(key.base), below, None if key.above is None else script(key.above))


def _slopes_of(a: s.Node, body: s.Node) -> Iterator[s.Node]:
    """The slope of a known activation, by its value: 1 − a², a ⊙ (1 − a), 1[z > 0]."""
    one = s.whole(1)
    match body:
        case s.Call(name="tanh"):
            square = s.Scripted(a, (), s.whole(2)) if isinstance(a, s.Symbol) else None
            if isinstance(a, s.Scripted) and a.sup is None:
                square = s.Scripted(a.base, a.subs, s.whole(2))
            yield s.Group((s.Sum(((1, one), (-1, square or s.Product((a, a), ("odot",))))),))
        case s.Call(name="sigmoid") | s.Product(factors=(s.Symbol(name="sigma"), s.Group())):
            yield s.Product((a, s.Group((s.Sum(((1, one), (-1, a))),))), ("odot",))
        case s.Call(name="max" | "relu", args=args):
            yield s.Indicator(s.Condition(args[-1], ">", s.whole(0)))
        case _:
            return


def shifted(node: s.Node, letters: frozenset[str], by: int) -> s.Node:
    """The same for the layer or time step before or after."""
    match node:
        case s.Scripted(base=base, subs=subs, sup=sup):
            moved = tuple(_moved(x, letters, by) for x in subs)
            return s.Scripted(
                base, moved, None if sup is None else _moved(sup, letters, by), node.sup_bracket, node.primes
            )
        case s.Sum(terms=terms):
            return s.Sum(tuple((sign, shifted(t, letters, by)) for sign, t in terms))
        case s.Product(factors=factors, signs=signs):
            return s.Product(tuple(shifted(f, letters, by) for f in factors), signs)
        case s.Group(items=items, kind=kind):
            return s.Group(tuple(shifted(x, letters, by) for x in items), kind)
        case s.Indicator(condition=s.Condition(left=a, sign=sign, right=b)) if a is not None and b is not None:
            return s.Indicator(s.Condition(shifted(a, letters, by), sign, shifted(b, letters, by)))
        case _:
            return node


def _moved(node: s.Node, letters: frozenset[str], by: int) -> s.Node:
    label = label_of(node)
    return node if label is None or label[0] not in letters else script((label[0], label[1] + by))


def _collect(n: s.Node, symbols: Symbols, out: Parts, note: Note) -> None:
    match n:
        case s.Product(factors=factors, signs=signs):
            for k, sign in enumerate(signs):
                f, g = factors[k], factors[k + 1]
                if sign == "" and isinstance(g, s.Group) and _base(f) in symbols.functions:
                    if isinstance(f, s.Scripted) and f.primes:
                        note(out.slopes, s.Product((f, g), ("",), start=f.start, end=g.end))
                    if isinstance(f, s.Symbol):
                        note(out.functions, f)
        case s.Quotient() if all(_plain(x, symbols) for x in s.walk(n)):
            note(out.factors, n)
        case s.Indicator():
            note(out.slopes, n)
        case s.Sum(terms=terms) if len(terms) > 1:
            for _, t in terms:
                note(out.terms, t)
        case s.Derivative():
            note(out.derivatives, n)
        case s.Symbol() | s.Scripted():
            found = symbols.split(n)
            if found is None or found[2] is not None or (isinstance(n, s.Scripted) and n.primes):
                return
            key, subs, _ = found
            if subs:
                if isinstance(n, s.Scripted) and all(label_of(x) for x in subs):
                    note(out.entries, n)
                return
            if _is_number(key, symbols):
                note(out.scalars, n)
            elif symbols.knows(key):
                note(out.whole, n)
            elif key.base in symbols.size_names and not key.labels:
                note(out.scalars, n)
        case _:
            return


def _is_number(key: Key, symbols: Symbols) -> bool:
    """Whether a symbol is declared, given or taken for a number."""
    d = symbols.declared.get(key)
    if (d is not None and not d.dims) or (key in symbols.numbers and not symbols.numbers[key][0]):
        return True
    open_ = not key.labels and not symbols.knows(key) and key.base not in symbols.functions
    return key.base in GREEK_NUMBERS and open_


def _plain(n: s.Node, symbols: Symbols) -> bool:
    """Whether a part is made of numbers and letters for numbers."""
    match n:
        case s.Number() | s.Quotient() | s.Sum() | s.Product() | s.Group() | s.Call(name="sqrt"):
            return True
        case s.Symbol(name=name):
            d = symbols.declared.get(Key(name))
            return name in symbols.size_names or (d is not None and not d.dims) or name in GREEK_NUMBERS
        case _:
            return False


def _base(n: s.Node) -> str:
    base = n.base if isinstance(n, s.Scripted) else n
    return base.name if isinstance(base, s.Symbol) else ""


def _style(text: str, out: Parts) -> None:
    out.temperature = bool(TEMPERATURE_WORDS.search(text))
    circ = len(re.findall(r"\\circ\b", text)), len(re.findall(r"\\odot\b", text))
    out.odot = r"\circ" if circ[0] > circ[1] else r"\odot"
    found = re.search(
        r"\^\s*(\\top\b|\{\\top\}|T\b|\{T\}|\{\\mathsf\s*\{?T\}?\}|\\intercal\b|\\mathsf\s*\{?T\}?)", text
    )
    out.top = "^" + found[1] if found else r"^\top"
