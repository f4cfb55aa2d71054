"""Whether two values are equal: at random points, in balls, so that a difference is proved where one is found."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import fmpq

from chainrule.backends.exact import Undecided, checked
from chainrule.backends.interpreter import Arr, Interpreter, union
from chainrule.backends.scalars import ZERO, ball
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.checker.world import World
from chainrule.core.expr import Expr
from chainrule.errors import ChainruleError, DomainError
from chainrule.judge.compare import Outcome, compare
from chainrule.judge.models import generator
from chainrule.judge.points import GENERIC, SIMPLE, Point, Problem
from chainrule.judge.verdict import show

POINTS = 3
BITS = 96
MUCH = 300_000  # operations at one point, about a second


@dataclass(frozen=True)
class Comparison:
    """equal: True, False, or None where no point could be found; where they differ, an example."""

    equal: bool | None
    example: str = ""


def arrays(world: World, *values: Val) -> list[Arr] | None:
    """The values as exact arrays, if they hold nothing but numbers that the document gives."""
    problem = Problem(*(v.body for v in values))
    if any(v not in world.known and v not in world.symbols.balls for v in problem.variables):
        return None
    point = _point(world, problem, 0)
    if point is None:
        return None
    with flint.ctx.workprec(BITS):
        at = _interpreter(world, problem, point)
        return [checked(at.over(v.body, tuple(sorted(v.letters, key=lambda i: i.uid)) + v.axes)) for v in values]


def compared(world: World, a: Val, b: Val, held: Expr | None = None) -> Comparison:
    """Whether two values of one shape are equal, whatever the variables are, at points where `held` is not 0."""
    b = b.on(a.axes)
    if a.body is b.body:
        return Comparison(True)
    problem = Problem(a.body, b.body) if held is None else Problem(a.body, b.body, held)
    fixed = all(v in world.known or v in world.symbols.balls for v in problem.variables)
    if world.rounded:
        return _overlapping(world, problem, a, b) if fixed else Comparison(None)
    wanted, counted = (1 if fixed and not problem.names else POINTS), 0
    for attempt in range(3 * wanted + 6):
        world.symbols.check_time()
        point = _point(world, problem, attempt)
        if point is None:
            return Comparison(None)
        if held is not None and not _holds(world, problem, point, held):
            continue
        found = _at(world, problem, point, a, b)
        if found is None:
            continue
        if found.equal is False:
            return found
        counted += 1
        if counted == wanted:
            break
    return Comparison(True if counted else None)


def _holds(world: World, problem: Problem, point: Point, held: Expr) -> bool:
    """Whether a condition holds for some entry at a point."""
    with flint.ctx.workprec(BITS):
        try:
            return any(
                _known(x) != 0 for x in checked(_interpreter(world, problem, point).over(held, union(held.free))).flat
            )
        except (ChainruleError, OverflowError, ZeroDivisionError):
            return False


def _overlapping(world: World, problem: Problem, a: Val, b: Val) -> Comparison:
    """Whether two values of numbers, some of them rounded, may be one."""
    point = _point(world, problem, 0)
    if point is None:
        return Comparison(None)
    with flint.ctx.workprec(BITS):
        try:
            at = _interpreter(world, problem, point)
            free = union(a.body.free, b.body.free)
            x, y = np.broadcast_arrays(checked(at.over(a.body, free)), checked(at.over(b.body, free)))
        except (ChainruleError, OverflowError, ZeroDivisionError):
            return Comparison(None)
        return Comparison(all(ball(_known(p)).overlaps(ball(_known(q))) for p, q in zip(x.flat, y.flat, strict=True)))


def _known(x: Any) -> Any:
    return fmpq(0) if x is ZERO else x


def _at(world: World, problem: Problem, point: Point, a: Val, b: Val) -> Comparison | None:
    for bits in (BITS, 512):
        with flint.ctx.workprec(bits):
            try:
                at = _interpreter(world, problem, point)
                free = union(a.body.free, b.body.free)
                x, y = checked(at.over(a.body, free)), checked(at.over(b.body, free))
                found = compare(x, y, bits, zero_bits=BITS)
            except (Undecided, DomainError, OverflowError, ZeroDivisionError):
                return None
            except ChainruleError:
                return None
        if found.outcome is Outcome.SAME:
            return Comparison(True)
        if found.outcome is Outcome.DIFFERENT:
            return Comparison(False, _example(point, found.entry, found.left, found.right, free))
    return None


def _interpreter(world: World, problem: Problem, point: Point) -> Interpreter:
    more: dict[Expr, Arr] = {}
    for v in problem.variables:
        known = world.known.get(v)
        if known is not None:
            more[v] = exact(*known)
        elif v in world.symbols.balls:
            more[v] = world.symbols.balls[v]
    return point.interpreter(problem, more)


def _point(world: World, problem: Problem, attempt: int) -> Point | None:
    """The point of this number, sizes that have become one made one."""
    modes = SIMPLE + GENERIC
    sizes = problem.sizes(generator(f"{problem.seed} {attempt}"), small=True)
    if sizes is None:
        return None
    if attempt % 3:  # no two points in a row have the same sizes: n is 2 by chance, and is not 2
        sizes = problem.room.grown(sizes, sizes, attempt % 3) or sizes
    settled = world.symbols.sizes.settle(sizes)
    if problem.work(settled) > MUCH:
        settled = world.symbols.sizes.settle({name: 2 + n % 2 for n, name in enumerate(sizes)})
        if problem.work(settled) > MUCH:
            raise NotUnderstoodError("it takes too long to work out")
    return problem.point(attempt, modes, small=True, sizes=settled)


def exact(shape: tuple[int, ...], entries: tuple[Fraction, ...]) -> Arr:
    """Fractions as an array of exact scalars."""
    out = np.empty(len(entries), dtype=object)
    for k, q in enumerate(entries):
        out[k] = fmpq(q.numerator, q.denominator)
    return out.reshape(shape)


def _example(point: Point, entry: tuple[int, ...], left: Any, right: Any, free: Any) -> str:
    lines = [", ".join(f"{k} = {v}" for k, v in point.sizes.items() if not k.startswith("?"))]
    lines += [f"{name} = {show(_lists(a))}" for name, a in point.values.items() if not name.startswith("argument")]
    at = ", ".join(f"{i.hint} = {k + 1}" for i, k in zip(free, entry, strict=False))
    lines.append((f"{at}: " if at else "") + f"left {show(_plain(left))}, right {show(_plain(right))}")
    return "\n".join(line for line in lines if line)


def _lists(a: Arr) -> Any:
    return np.frompyfunc(_plain, 1, 1)(a).tolist() if a.ndim else _plain(a[()])


def _plain(x: Any) -> Any:
    return Fraction(int(x.p), int(x.q)) if isinstance(x, fmpq) else x
