"""What a document offers for repairs: its numbers, its vectors and matrices, the slopes of its activations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from chainrule.checker import syntax as s
from chainrule.checker.labels import Key, label_of
from chainrule.checker.printed import written
from chainrule.checker.symbols import Symbols
from chainrule.checker.world import GREEK

TEMPERATURES = ("tau", "T", "temperature")
TEMPERATURE_WORDS = re.compile(r"temperature|온도", re.IGNORECASE)


@dataclass
class Parts:
    """Pieces of syntax, each once, in the order of the document.

    scalars: letters for numbers. factors: fractions and roots of these, as they occur. whole: symbols without subscripts. entries: entries as they occur. slopes: σ′(z),
    1[z > 0] and such. terms: what is added somewhere. functions: letters that have a prime somewhere or are applied.
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


def parts(document: s.Document, symbols: Symbols) -> Parts:
    """Collect them."""
    out = Parts()
    seen: set[str] = set()

    def note(group: list[s.Node], node: s.Node) -> None:
        key = f"{id(group)} {written(node)}"
        if key not in seen:
            seen.add(key)
            group.append(node)

    for f in document.formulas:
        for st in f.statements:
            for n in s.walk(st):
                _collect(n, symbols, out, note)
    _style(document.text, out)
    return out


def _collect(n: s.Node, symbols: Symbols, out: Parts, note) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
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
            d = symbols.declared.get(key)
            if (d is not None and not d.dims) or (key in symbols.numbers and not symbols.numbers[key][0]):
                note(out.scalars, n)
            elif key.base in GREEK and not key.labels and not symbols.knows(key) and key.base not in symbols.functions:
                note(out.scalars, n)
            elif symbols.knows(key):
                note(out.whole, n)
            elif key.base in symbols.size_names and not key.labels:
                note(out.scalars, n)
        case _:
            return


def _plain(n: s.Node, symbols: Symbols) -> bool:
    """Whether a part is made of numbers and letters for numbers."""
    match n:
        case s.Number() | s.Quotient() | s.Sum() | s.Product() | s.Group() | s.Call(name="sqrt"):
            return True
        case s.Symbol(name=name):
            d = symbols.declared.get(Key(name))
            return name in symbols.size_names or (d is not None and not d.dims) or name in GREEK
        case _:
            return False


def _base(n: s.Node) -> str:
    base = n.base if isinstance(n, s.Scripted) else n
    return base.name if isinstance(base, s.Symbol) else ""


def _style(text: str, out: Parts) -> None:
    out.temperature = bool(TEMPERATURE_WORDS.search(text))
    circ = len(re.findall(r"\\circ\b", text)), len(re.findall(r"\\odot\b", text))
    out.odot = r"\circ" if circ[0] > circ[1] else r"\odot"
    found = re.search(r"\^\s*(\\top\b|\{\\top\}|T\b|\{T\}|\{\\mathsf\s*\{?T\}?\}|\\intercal\b|\\mathsf\s*\{?T\}?)", text)
    out.top = "^" + found[1] if found else r"^\top"
