"""Steps of a derivation: what was done, why, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chainrule.core.expr import Expr

Check = Callable[[], str]
"""Judges the part of a step that changed: "proved", "judged", "different" or "undecided"."""


@dataclass(slots=True, eq=False)
class Step:
    """One step: `before` equals `after` by `rule`, for `reason`.

    before, after: index expressions of the whole state, so that each step's `after` is the next one's `before`.
    part: the equation that the step is about, left and right, where it is smaller than the state.
    group: steps with one group fold into one line.
    check: judges the step; called once, when the verdict is first looked at. None for a definition, which is given.
    shown: the equations that are written beside the step, left and right sides.
    named: a tensor that gets a name of its own in this step, because the following ones read its entries.
    """

    rule: str
    reason: str
    before: Expr
    after: Expr
    part: tuple[Expr, Expr] | None = None
    group: int = 0
    check: Check | None = None
    shown: tuple[tuple[Expr, Expr], ...] = ()
    named: Expr | None = None
    _verdict: str | None = field(default=None, init=False)

    @property
    def verdict(self) -> str:
        """How the step is known to hold: proved, judged, or given by definition."""
        if self._verdict is None:
            self._verdict = "given" if self.check is None else self.check()
        return self._verdict


WEAKEST_FIRST = ("different", "undecided", "judged", "proved", "given")


def joined(steps: Sequence[Step], head: Step) -> Step:
    """Steps that follow each other as one, called after one of them; it holds as well as the weakest."""
    if len(steps) == 1:
        return steps[0]

    def check() -> str:
        return min((s.verdict for s in steps), key=WEAKEST_FIRST.index)

    named = next((s.named for s in steps if s.named is not None), None)
    before, after = steps[0].before, steps[-1].after
    return Step(head.rule, head.reason, before, after, None, head.group, check, head.shown, named)
