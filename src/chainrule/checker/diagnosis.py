"""What is wrong with a claim, and what should stand in its place."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.checker import syntax as s
from chainrule.checker.labels import bare, label_of


@dataclass(frozen=True)
class Diagnosis:
    """A kind, a sentence, and the text that should stand from start to end."""

    kind: str
    reason: str
    start: int
    end: int
    text: str


def is_update(sides: list[s.Node]) -> bool:
    """Whether a chain says what a weight is after a step: w_new = w − …, W ← W − …"""
    first = bare(sides[0])
    if first is None:
        return False
    labels = [label_of(x) for x in (*first[1], first[2]) if x is not None]
    worded = any(x is not None and (len(x[0]) > 1 or x[1] > 0) for x in labels) or first[0].startswith("tilde_")
    last = sides[1] if len(sides) > 1 else None
    begins = bare(last.terms[0][1]) if isinstance(last, s.Sum) and len(last.terms) == 2 else None
    same = begins is not None and begins[0] == first[0]
    return same or (worded and last is None)
