"""Named sizes at which branches are chosen that smaller ones do not choose.

`minimum(n, 50)` is n at all small sizes, and `minimum(sum(x), 6)` the sum, where entries stay below 1. Sizes are made
larger, until a condition that had one sign so far has another; or comes no closer to that; or is too much work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite

import flint

from chainrule.backends.interpreter import Interpreter
from chainrule.judge.branches import Branches
from chainrule.judge.conditions import Condition, cells
from chainrule.judge.points import SIMPLE, Point, Problem
from chainrule.judge.values import Mode

_BITS = 128
_MOST_CONDITIONS = 16
_WORK_OF_CONDITION, _WORK_OF_SEARCH, _MOST_WORK = 60_000, 100_000, 1_000_000  # at one point
_TIMES, _LONGEST = 4, 60  # sizes grow by powers of it
_ENDS = (Mode("8", level=1), Mode("8", level=-1), Mode("1"), Mode("1", positive=True))
_NEEDED = 4  # distances from 0 that say whether more will get there
_SHRINKING = 0.99

Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Larger:
    """Sizes to look at, and a word on what may lie beyond those that can be looked at."""

    sizes: list[dict[str, int]]
    doubt: str = ""


def larger_sizes(problem: Problem, sizes: Sizes, one_sided: Sequence[Condition]) -> Larger:
    """Sizes larger than those given at which conditions, so far seen with one sign only, have another.

    Names that stand for declared numbers stay as they are.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> problem = Problem(parse("minimum(n, 50)*x", "x: n"))
        >>> larger_sizes(problem, {"n": 2}, problem.conditions).sizes
        [{'n': 50}, {'n': 51}]
    """
    found: dict[tuple[int, ...], dict[str, int]] = {}
    with flint.ctx.workprec(_BITS):
        for condition in one_sided[:_MOST_CONDITIONS]:
            growth = _Growth(problem, sizes, condition)
            for new in growth.crossings():
                if problem.work(new) > _MOST_WORK:
                    where = ", ".join(f"{name} = {new[name]}" for name in growth.names)
                    return Larger([], f"{condition.e.text()} changes its sign at {where}, too large to compare")
                found.setdefault(tuple(new.values()), new)
            if growth.doubt:
                return Larger([], growth.doubt)
    return Larger(list(found.values()))


def points_at(problem: Problem, sizes: dict[str, int]) -> Iterator[Point]:
    """Points of these sizes: simple ones first, then on branches."""
    modes = SIMPLE if problem.drawing(sizes) <= _WORK_OF_SEARCH else _ENDS[:2]
    for attempt in range(len(modes)):
        point = problem.point(attempt, modes, small=True, sizes=sizes)
        if point is not None:
            yield point
    if modes is SIMPLE and problem.work(sizes) <= _WORK_OF_SEARCH:
        yield from Branches(problem, sizes).points()


class _Growth:
    """What becomes of one condition when sizes grow."""

    def __init__(self, problem: Problem, sizes: Sizes, condition: Condition) -> None:
        self._room, self._own = problem.room, Problem(condition.e)
        self._sizes, self._condition, self._varies = sizes, condition, condition.varies
        self.names = [name for name in self._own.names if not name.isdigit()]
        self.doubt = ""
        self._signs, self._nearest = self._seen(sizes) if self.names else (frozenset[int](), inf)

    def crossings(self) -> Iterator[dict[str, int]]:
        """Sizes at which the condition has another sign, when all its sizes grow, and when one of them does."""
        if len(self._signs) != 1:
            return
        for names in [self.names, *([name] for name in self.names if len(self.names) > 1)]:
            by = self._crossing(names)
            for more in () if by is None else (by,) if self._varies else (by, by + 1):
                new = self._room.grown(self._sizes, names, more)
                if new is not None:
                    yield new

    def _crossing(self, names: list[str]) -> int | None:
        """How much larger these sizes must be; the least, if the sign depends on nothing but sizes."""
        near, last = [self._nearest], 0
        for k in range(1, _LONGEST):
            by = _TIMES**k
            new = self._room.grown(self._sizes, names, by)
            if new is None:
                return None
            if self._own.work(new) > _WORK_OF_CONDITION:
                break
            signs, distance = self._seen(new)
            if signs - self._signs:
                return by if self._varies else self._least(names, last, by)
            near.append(distance)
            last = by
            if self._varies and len(near) >= _NEEDED and not _approaching(near):
                return None
        else:
            return None
        if len(near) >= _NEEDED and _approaching(near):
            self.doubt = f"whether {self._condition.e.text()} changes its sign at larger sizes is not known"
        return None

    def _least(self, names: list[str], low: int, high: int) -> int:
        while high - low > 1:
            middle = (low + high) // 2
            new = self._room.grown(self._sizes, names, middle)
            if new is not None and self._seen(new)[0] - self._signs:
                high = middle
            else:
                low = middle
        return high

    def _seen(self, sizes: Sizes) -> tuple[frozenset[int], float]:
        """The signs that the condition has at the points looked at, and how close to 0 it comes."""
        seen = [cell for at in self._interpreters(sizes) for cell in cells(self._condition, at)]
        signs = {s for s, _ in seen if s or not self._varies}
        return frozenset(signs), min((abs(v) for _, v in seen if isfinite(v)), default=inf)

    def _interpreters(self, sizes: Sizes) -> Iterator[Interpreter]:
        if not self._varies:
            yield Interpreter({}, sizes)
            return
        for k in range(len(_ENDS) if self._own.drawing(sizes) <= _WORK_OF_SEARCH else 2):
            point = self._own.point(k, _ENDS, small=True, sizes=sizes)
            if point is not None:
                yield point.interpreter(self._own, balls=True)


def _approaching(near: list[float]) -> bool:
    """Whether distances shrink, and by no less from one to the next."""
    steps = [a - b for a, b in pairwise(near)]
    return all(step > 0 for step in steps) and all(b >= _SHRINKING * a for a, b in pairwise(steps))
