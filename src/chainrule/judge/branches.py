"""Points on the branches of relu, abs, max, where and their kind: on all sides of every kink, and between any two.

Between two points, the conditions that choose branches change their signs at some places. Where two of them change at
different places, a point between those tells apart expressions that differ in nothing but a threshold; and a point
close beside a place tells a kink from what is smooth.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import inf, isfinite
from typing import Any

import flint
import numpy as np
from flint import fmpq

from chainrule.backends.interpreter import Arr, arr
from chainrule.judge.conditions import Condition, cells
from chainrule.judge.constants import magnitudes
from chainrule.judge.models import generator
from chainrule.judge.places import Look, halfway, lowest, places
from chainrule.judge.points import GENERIC, Point, Problem
from chainrule.judge.scales import about_constants
from chainrule.judge.values import Mode, draw, moves

_BITS = 128
_LEVEL = 2
_RAREST, _TURNS = 8, 3
_MIXED = 8  # points where one variable is large and another small
_BESIDE = (Fraction(1, 2**12), Fraction(1, 2**24), Fraction(1, 2**40))
_PLACES_EACH = 3  # of one condition
_STEPS = 12
_LOOKS, _WORK_OF_LOOKS = (24, 600), 400_000
_POINTS, _WORK_OF_POINTS = (8, 60), 60_000
_PAIRED = 64  # of the numbers that decide, so many are looked at in pairs
_SEARCHED, _COORDINATES, _ROUNDS = 4, 12, 3


def branch_points(problem: Problem) -> list[Point]:
    """Points that together visit every branch, and every pair of branches, that a bounded search finds."""
    if not problem.conditions:
        return []
    sizes = problem.sizes(generator(f"{problem.seed} branches"), small=True)
    return [] if sizes is None else Branches(problem, sizes).points()


class Branches:
    """A search for points on all branches of a problem, at given sizes."""

    def __init__(self, problem: Problem, sizes: dict[str, int]) -> None:
        self._problem, self._sizes = problem, sizes
        work = problem.work(sizes)
        self._looks_left = _within(_LOOKS, _WORK_OF_LOOKS // work)
        self._most_points = _within(_POINTS, _WORK_OF_POINTS // work)
        self._moving = {name: moves(same) for name, same in problem.by_name.items()}
        self._far = 4 * max(magnitudes(problem), default=Fraction(0)) + 8
        self._widths: list[int] = []
        self._owner: list[int] = []
        self._noted = [0] * len(problem.conditions)
        self._beside: list[Point] = []
        self.one_sided: list[Condition] = []  # after the search: those that were seen with one sign only

    def points(self) -> list[Point]:
        """Points that together show most signs of the conditions, and pairs of signs."""
        with flint.ctx.workprec(_BITS):
            ends = list(self._ends())
            looks = list(ends)
            for a, b in pairwise(ends):
                looks += self._along(a, b)
            for look in self._rarest(looks):
                for name in self._moving:
                    for end in ends[:_TURNS]:
                        values = {**look.point.values, name: end.point.values[name]}
                        looks += self._along(look, replace(end, point=replace(look.point, values=values)))
            for k in self._one_sided(looks)[:_SEARCHED]:
                other = self._searched(k, looks)
                if other is not None:
                    looks += [other, *self._along(ends[0], other)]
        self.one_sided = [self._problem.conditions[k] for k in self._one_sided(looks)]
        return self._chosen(looks)

    def _ends(self) -> Iterator[Look]:
        modes = GENERIC + about_constants(self._problem)
        for attempt in range(len(modes) + _MIXED):
            point = self._problem.point(attempt, modes, small=True, sizes=self._sizes)
            look = None if point is None else self._look(point)
            if look is not None:
                yield look
                if attempt < _LEVEL:
                    for level in self._level(look.point, attempt):
                        yield from filter(None, [self._look(level)])

    def _level(self, point: Point, attempt: int) -> Iterator[Point]:
        """Two far points at which all entries of a tensor are almost equal, so that all meet a threshold together."""
        rng = generator(f"{self._problem.seed} {attempt} level")
        scales = {name: str((1 + Fraction(rng.randint(0, 8), 16)) * self._far) for name in self._moving}
        signs = {name: rng.choice((-1, 1)) for name in self._moving}
        for side in (-1, 1):
            values = dict(point.values)
            for name, a in values.items():
                if self._moving[name]:
                    mode = Mode(scales[name], level=signs[name] * side)
                    values[name] = draw(rng, a.shape, self._problem.facts(name), mode, None)
            yield replace(point, values=values)

    def _look(self, point: Point, t: Fraction = Fraction(0)) -> Look | None:
        """The conditions at a point; None where too much was looked at, or one of them has no value at all."""
        if self._looks_left <= 0:
            return None
        self._looks_left -= 1
        at = point.interpreter(self._problem, balls=True)
        parts = [cells(c, at) for c in self._problem.conditions]
        if not self._widths and all(parts):
            self._widths = [len(p) for p in parts]
            self._owner = [k for k, n in enumerate(self._widths) for _ in range(n)]
        if not self._widths:
            return None
        parts = [p or [(0, float("nan"))] * n for p, n in zip(parts, self._widths, strict=True)]
        signs, values = zip(*(cell for p in parts for cell in p), strict=True)
        return Look(point, np.array(signs), np.array(values), t)

    def _along(self, a: Look, b: Look) -> list[Look]:
        """What is seen between two points: something on every side of every place where a condition changes."""

        def between(t: Fraction) -> Look | None:
            values = {
                name: arr(x + (b.point.values[name] - x) * fmpq(t.numerator, t.denominator))
                if self._moving[name]
                else x
                for name, x in a.point.values.items()
            }
            return self._look(replace(a.point, values=values), t)

        end = between(Fraction(1))
        if end is None:
            return []
        out, waiting = [end], [(replace(a, t=Fraction(0)), end, 0)]
        while waiting:
            low, high, depth = waiting.pop()
            found = places(low, high)
            t = halfway(low, high, [g for _, g in found], depth)
            middle = None if t is None else between(t)
            if middle is not None:
                out.append(middle)
                waiting += [(middle, high, depth + 1), (low, middle, depth + 1)]
                continue
            for k in dict.fromkeys(self._owner[cell] for cell, _ in found):
                if self._noted[k] < _PLACES_EACH:
                    self._noted[k] += 1
                    cell = next(cell for cell, _ in found if self._owner[cell] == k)
                    self._look_beside(between, cell, low, high)
        return out

    def _look_beside(self, between: Callable[[Fraction], Look | None], cell: int, low: Look, high: Look) -> None:
        """Points close beside the place where a condition changes, on both sides."""
        whole = high.t - low.t
        for _ in range(_STEPS):
            found = [g for c, g in places(low, high) if c == cell]
            t = low.t + (high.t - low.t) * Fraction(found[0]) if found else low.t
            middle = between(t) if low.t < t < high.t else None
            if middle is None or not middle.signs[cell]:
                break
            left = middle.signs[cell] == high.signs[cell]
            moved = t - low.t if left else high.t - t
            if min(t - low.t, high.t - t) < whole * _BESIDE[-1] / 8 or moved >= high.t - low.t:
                break
            low, high = (low, middle) if left else (middle, high)
        else:
            t = (low.t + high.t) / 2
        for d in _BESIDE:
            for side in (t - d * whole, t + d * whole):
                look = between(side) if 0 < side < 1 else None
                if look is not None:
                    self._beside.append(look.point)

    def _rarest(self, looks: list[Look]) -> list[Look]:
        """Looks with a pair of signs that few others have: from there, one variable after the other moves."""
        if len(self._moving) < 2 or not looks:
            return []
        kept = self._kept()
        marks = np.array([np.concatenate([look.signs[kept] > 0, look.signs[kept] < 0]) for look in looks]).astype(int)
        together = marks.T @ marks
        rarity = [int(together[np.ix_(m, m)].min(initial=len(looks))) for m in marks.astype(bool)]
        out: dict[bytes, Look] = {}
        for n in sorted(range(len(looks)), key=lambda n: rarity[n]):
            out.setdefault(looks[n].signs[kept].tobytes(), looks[n])
        return list(out.values())[:_RAREST]

    def _kept(self) -> list[int]:
        """The numbers that are looked at in pairs: as many of each condition."""
        each = max(1, _PAIRED // max(len(self._widths), 1))
        return [cell for k in range(len(self._widths)) for cell in self._cells(k)[:each]]

    def _one_sided(self, looks: list[Look]) -> list[int]:
        """The conditions that were seen with one sign only."""
        if not looks:
            return []
        signs = np.array([look.signs for look in looks])
        seen = [{int(s) for s in np.unique(signs[:, self._cells(k)]) if s} for k in range(len(self._widths))]
        return [k for k, s in enumerate(seen) if len(s) == 1]

    def _cells(self, k: int) -> list[int]:
        return [cell for cell, owner in enumerate(self._owner) if owner == k]

    def _searched(self, k: int, looks: list[Look]) -> Look | None:
        """A point where a condition has the other sign: down along one coordinate after the other."""
        mine = self._cells(k)
        sign = next(int(s) for look in looks for s in look.signs[mine] if s)

        def height(look: Look | None) -> float:
            heights = [] if look is None else [sign * v for v in look.values[mine] if isfinite(v)]
            return min(heights, default=inf)

        best = min(looks, key=height)
        coordinates = [
            (name, at)
            for name, a in best.point.values.items()
            if self._moving[name] == "freely"
            for at in np.ndindex(a.shape)
        ]
        for name, at in coordinates[:_COORDINATES] * _ROUNDS:
            x: Any = best.point.values[name][at]
            here = Fraction(int(x.p), int(x.q))
            h = max(abs(here) / 4, Fraction(1, 8))
            tried = [self._moved(best, name, at, here + d) for d in (-h, h)]
            there = lowest(height(tried[0]), height(best), height(tried[1]))
            if there is not None:
                tried.append(self._moved(best, name, at, here + h * Fraction(there)))
            best = min([best, *(t for t in tried if t is not None)], key=height)
            if height(best) < 0:
                return best
        return None

    def _moved(self, look: Look, name: str, at: tuple[int, ...], value: Fraction) -> Look | None:
        a = look.point.values[name].copy()
        a[at] = fmpq(value.numerator, value.denominator)
        return self._look(replace(look.point, values={**look.point.values, name: a}))

    def _chosen(self, looks: list[Look]) -> list[Point]:
        """Points that show most pairs of signs that no other shows, then other signs; and some beside kinks."""
        out: list[Point] = []
        more: list[Point] = []
        kept = self._kept()
        patterns: dict[bytes, tuple[Arr, Point]] = {}
        for look in looks:
            s = look.signs[kept]
            patterns.setdefault(s.tobytes(), (np.concatenate([s > 0, s < 0]), look.point))
        waiting = [(-(len(kept) ** 2) - 1, n, marks, point) for n, (marks, point) in enumerate(patterns.values())]
        heapq.heapify(waiting)
        unseen = np.ones((2 * len(kept), 2 * len(kept)), dtype=bool)
        while waiting and len(out) < self._most_points:
            promised, n, marks, point = heapq.heappop(waiting)
            new = int(np.count_nonzero(unseen[np.ix_(marks, marks)]))
            if new < -promised and waiting and -new > waiting[0][0]:
                heapq.heappush(waiting, (-new, n, marks, point))
            elif new:
                unseen[np.ix_(marks, marks)] = False
                out.append(point)
            else:
                more.append(point)
        return (out + more)[: self._most_points] + self._beside[: self._most_points]


def _within(bounds: tuple[int, int], n: int) -> int:
    return min(max(n, bounds[0]), bounds[1])
