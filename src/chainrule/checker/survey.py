"""What all formulas of a document show about its letters, before any of it is understood.

A letter that occurs as l + 1 above a symbol names layers, one that occurs as t − 1 below it names time steps.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from chainrule.checker import syntax as s
from chainrule.checker.alphabet import BIG_GREEK
from chainrule.checker.labels import bare, label_of


@dataclass
class Survey:
    """Names and letters, by what is done with them.

    layers: letters that count layers (above); steps: letters that count steps (below); offsets: the smallest and
    largest number added to such a letter; layered: names that have a label above them somewhere.
    slots: how many subscripts each name was seen with; lettered: names that had a letter among them; letters: these.
    by: what each name is differentiated by; derived: the same, entries of names too. siblings: what a symbol is added
    to or multiplied with, entry by entry, somewhere. bounds: letters that sums go up to.
    functions: names with a bracket behind them; known_functions: what some of them are by the words of the document.
    matrices, vectors: names that are used as such. divisors: names that something is divided by.
    own_e: e is a letter of the document and not Euler's number. text: the document.
    """

    layers: set[str] = field(default_factory=set[str])
    steps: set[str] = field(default_factory=set[str])
    offsets: dict[str, tuple[int, int]] = field(default_factory=dict[str, "tuple[int, int]"])
    slots: dict[str, set[int]] = field(default_factory=lambda: defaultdict[str, set[int]](set))
    lettered: set[str] = field(default_factory=set[str])
    letters: set[str] = field(default_factory=set[str])
    layered: set[str] = field(default_factory=set[str])
    by: dict[str, list[s.Node]] = field(default_factory=dict[str, "list[s.Node]"])
    siblings: dict[str, list[tuple[s.Node, s.Node]]] = field(default_factory=dict[str, "list[tuple[s.Node, s.Node]]"])
    bounds: set[str] = field(default_factory=set[str])
    derived: set[str] = field(default_factory=set[str])
    functions: set[str] = field(default_factory=set[str])
    matrices: set[str] = field(default_factory=set[str])
    vectors: set[str] = field(default_factory=set[str])
    divisors: set[str] = field(default_factory=set[str])
    own_e: bool = False
    known_functions: dict[str, str] = field(default_factory=dict[str, str])
    text: str = ""

    def note(self, letter: str, n: int) -> None:
        low, high = self.offsets.get(letter, (n, n))
        self.offsets[letter] = min(low, n), max(high, n)

    def is_label_above(self, node: s.Scripted) -> bool:
        """Whether what stands above is a layer and not a power."""
        label = label_of(node.sup)
        if label is None:
            return False
        if node.sup_bracket:
            return True
        letter, _ = label
        if not letter:
            return isinstance(node.base, s.Symbol) and node.base.name in self.layered
        return letter in self.layers or (letter in ("l", "L") and isinstance(node.base, s.Symbol))


SIGMOID = re.compile(r"sigmoid|logistic|시그모이드|로지스틱", re.IGNORECASE)


def survey(document: s.Document) -> Survey:
    """Look through all formulas."""
    out = Survey(text=document.text)
    nodes = [n for f in document.formulas for st in f.statements for n in s.walk(st)]
    for n in nodes:
        _layers(n, out)
    for n in nodes:
        _uses(n, out)
        _kinds(n, out)
    out.steps -= out.layers
    if SIGMOID.search(document.text):
        out.known_functions["sigma"] = "sigmoid"
    return out


def _layers(n: s.Node, out: Survey) -> None:
    for name in _numbered_layers(n):
        out.layered.add(name)
    if not isinstance(n, s.Scripted) or not isinstance(n.base, s.Symbol):
        return
    above = label_of(n.sup)
    if above is not None and above[0] and (above[1] or n.sup_bracket or above[0] in ("l", "L")):
        out.layers.add(above[0])
        out.layered.add(n.base.name)
        out.note(*above)
    elif above is not None and n.sup_bracket:
        out.layered.add(n.base.name)
    if len(n.subs) == 1:
        below = label_of(n.subs[0])
        if below is not None and below[0] and below[1]:
            out.steps.add(below[0])
            out.note(*below)


def _kinds(n: s.Node, out: Survey) -> None:
    """What is used as a matrix or a vector, by what stands next to it and above it."""
    match n:
        case s.Statement(sides=(s.Symbol(name="e"), *_)):
            out.own_e = True
        case s.Product(factors=factors, signs=signs):
            for f, sign, g in zip(factors, signs, factors[1:], strict=False):
                if sign in ("", "cdot") and _is_big(f):
                    out.matrices |= _names(f)
                    out.vectors |= _names(g) - _big_names(g)
                if sign in ("", "cdot") and isinstance(f, s.Transposed):
                    out.vectors |= (_names(f) | _names(g)) - _big_names(f) - _big_names(g)
                if sign == "odot":
                    out.vectors |= (_names(f) | _names(g)) - _big_names(f) - _big_names(g)
        case s.Transposed(body=body):
            out.matrices |= _big_names(body)
            out.vectors |= _names(body) - _big_names(body)
        case s.Scripted(sup=s.Sum(terms=((-1, s.Number()),))):
            out.matrices |= _big_names(n)
        case s.Call(name="det" | "tr" | "trace" | "logdet" | "inv", args=args):
            out.matrices |= {x for a in args for x in _names(a)}
        case s.Call(name="norm2" | "norm" | "softmax", args=args):
            out.vectors |= {x for a in args for x in _names(a) - _big_names(a)}
        case s.Quotient(under=under):
            out.divisors |= _names(under)
        case _:
            pass


def _names(node: s.Node) -> set[str]:
    """The name of a symbol without subscripts, whatever is above it."""
    node = node.body if isinstance(node, s.Transposed) else node
    found = bare(node)
    return {found[0]} if found is not None and (not found[1] or label_of(found[1][0]) is not None) else set()


def _big_names(node: s.Node) -> set[str]:
    return {x for x in _names(node) if (len(x) == 1 and x.isupper()) or x in BIG_GREEK}


def _is_big(node: s.Node) -> bool:
    return bool(_big_names(node))


def _numbered_layers(n: s.Node) -> list[str]:
    """Names with a number above them that is no power: W³ in ∂L/∂W³, W¹ = (…), a⁰."""
    match n:
        case s.Derivative(by=by):
            found = [x.body if isinstance(x, s.Transposed) else x for x in by]
        case s.Statement(sides=(s.Scripted() as left, s.Matrix(), *_)):
            found = [left]
        case s.Scripted(sup=s.Number(value=v)) if v in (0, 1):
            found = [n]
        case _:
            return []
    scripted = [x for x in found if isinstance(x, s.Scripted) and isinstance(x.sup, s.Number)]
    return [x.base.name for x in scripted if isinstance(x.base, s.Symbol)]


def _uses(n: s.Node, out: Survey) -> None:
    """Subscripts, functions, what is added or multiplied entry by entry, what sums go up to."""
    match n:
        case s.Scripted(base=s.Symbol(name=name)):
            _scripts(n, name, out)
        case s.Product(factors=factors, signs=signs):
            if "odot" in signs and len(factors) == 2:
                _siblings(list(factors), out)
            for f, g in pairwise(factors):
                base = f.base if isinstance(f, s.Scripted) else f
                if isinstance(base, s.Symbol) and isinstance(g, s.Group):
                    out.functions.add(base.name)
        case s.Derivative():
            _derived(n, out)
        case s.BigOperator(high=s.Symbol(name=name)):
            out.bounds.add(name)
        case s.Sum(terms=terms) if len(terms) > 1:
            _siblings([t for _, t in terms], out)
        case _:
            pass


def _scripts(n: s.Scripted, name: str, out: Survey) -> None:
    if n.subs:
        out.slots[name].add(len(n.subs))
    letters = {x.name for x in n.subs if isinstance(x, s.Symbol) and not x.upright}
    if letters:
        out.lettered.add(name)
    out.letters |= letters
    if n.sup is not None and out.is_label_above(n):
        out.layered.add(name)
        above = label_of(n.sup)
        if above is not None and above[0]:
            out.note(*above)
    for label in map(label_of, n.subs):
        if label is not None and label[0] in out.steps:
            out.note(*label)


def _derived(n: s.Derivative, out: Survey) -> None:
    of = n.of
    if isinstance(of, s.Scripted) and of.sup is not None and not out.is_label_above(of):
        return  # of a power
    found = bare(of)
    if found is None:
        match of:
            case s.Product(factors=(f, s.Group())):  # l(θ)
                found = bare(f)
            case _:
                pass
    if found is not None:
        out.derived.add(found[0])
        if not found[1]:
            out.by.setdefault(found[0], []).extend(n.by)


def _siblings(nodes: list[s.Node], out: Survey) -> None:
    for n in nodes:
        found = bare(n)
        if found is not None:
            beside = [(n, x) for x in nodes if x is not n and not isinstance(x, s.Number)]
            out.siblings.setdefault(found[0], []).extend(beside)
