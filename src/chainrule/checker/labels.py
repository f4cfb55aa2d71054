"""What tells symbols apart: the name, and labels below and above it: layers, time steps, words; indices are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.checker import syntax as s

Label: TypeAlias = "tuple[str, int]"
"""A letter or word and a whole number added to it: l − 1 is ("l", −1), 2 is ("", 2)."""
Bind: TypeAlias = "Mapping[str, Label]"
NO_BIND: Bind = {}


@dataclass(frozen=True)
class Key:
    """What tells one symbol of a document from all others: its name, the labels below it, the label above it."""

    base: str
    below: tuple[Label, ...] = ()
    above: Label | None = None

    @property
    def labels(self) -> tuple[Label, ...]:
        return self.below + ((self.above,) if self.above is not None else ())

    def __str__(self) -> str:
        below = ",".join(map(show, self.below))
        out = self.base + (f"_{below}" if below else "")
        return out + (f"^{show(self.above)}" if self.above is not None else "")


def show(label: Label) -> str:
    """A label as people write it."""
    letter, n = label
    if not letter:
        return str(n)
    return letter + (f"{n:+d}" if n else "")


def label_of(node: s.Node | None, bind: Bind = NO_BIND) -> Label | None:
    """The label that a script is, with letters that are bound put in; None if it is none."""
    match node:
        case s.Number(value=v) if v.denominator == 1:
            return "", int(v)
        case s.Symbol(name=name):
            return bind.get(name, (name, 0))
        case s.Words(text=text):
            return text.strip(), 0
        case s.Group(items=(inner,)):
            return label_of(inner, bind)
        case s.Sum(terms=((1, first), (sign, s.Number(value=v)))) if v.denominator == 1:
            inner = label_of(first, bind)
            return None if inner is None else (inner[0], inner[1] + sign * int(v))
        case _:
            return None


def script(label: Label) -> s.Node:
    """A label as a script."""
    letter, n = label
    if not letter:
        return s.whole(abs(n))
    return s.Symbol(letter) if not n else s.Sum(((1, s.Symbol(letter)), (1 if n > 0 else -1, s.whole(abs(n)))))


def bare(node: s.Node) -> tuple[str, tuple[s.Node, ...], s.Node | None, s.Scripted | None] | None:
    """Name, subs and sup of a symbol with or without scripts; None for anything else."""
    match node:
        case s.Symbol(name=name):
            return name, (), None, None
        case s.Scripted(base=s.Symbol(name=name), subs=subs, sup=sup, primes=primes):
            return name + "'" * primes, subs, sup, node
        case s.Group(items=(inner,)):
            return bare(inner)
        case _:
            return None
