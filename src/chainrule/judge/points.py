"""Points at which expressions are compared: sizes, exact values that obey the facts, and functions for opaque names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from flint import arb

from chainrule.backends.interpreter import Arr, Interpreter, Model, arr
from chainrule.core.expr import Apply, Expr, Var
from chainrule.core.graph import below, walk
from chainrule.judge.conditions import Condition, conditions
from chainrule.judge.models import RandomFunction, generator
from chainrule.judge.sizes import Room
from chainrule.judge.values import Mode, draw, drawing
from chainrule.judge.work import operations

# How the values of a point are drawn: at several scales, with both signs or one, and mildly where a domain is narrow.
GENERIC = (
    Mode("1"),
    Mode("1/8"),
    Mode("1", positive=True),
    Mode("8"),
    Mode("1/2", tame=True),
    Mode("1000"),
    Mode("10000"),
    Mode("1/8", positive=True),
    Mode("100", positive=True),
    Mode("1/8", tame=True),
)
SIMPLE = (Mode("1"), Mode("1", positive=True), Mode("1/2", tame=True), Mode("1/8"), Mode("8"))
SMALL = (
    Mode("1", whole=True),
    Mode("1", whole=True, positive=True),
    Mode("10", whole=True),
    Mode("1000", whole=True),
    Mode("10000", whole=True),
    Mode("1/10", whole=True),
    *SIMPLE,
)


@dataclass(frozen=True)
class Point:
    """Sizes, values by name, and functions."""

    sizes: Mapping[str, int]
    values: Mapping[str, Arr]
    functions: Mapping[str, Model]

    def interpreter(self, problem: Problem, more: Mapping[Expr, Arr] | None = None, balls: bool = False) -> Interpreter:
        """Evaluates the expressions of a problem here; with `balls`, which are quicker, not exactly."""
        given: dict[Expr, Arr] = {v: self.values[v.name] for v in problem.variables if v.name in self.values}
        if balls:
            given = {v: a if v in problem.whole else arr(_balls(a)) for v, a in given.items()}
        return Interpreter({**given, **(more or {})}, self.sizes, self.functions)


_balls = np.frompyfunc(arb, 1, 1)


class Problem:
    """What must be chosen to evaluate some expressions together; a name stands for one variable in all of them."""

    def __init__(self, *roots: Expr, known: Iterable[Expr] = ()) -> None:
        """Nodes in `known` are given values from outside: what is below them is not looked at."""
        self.nodes = _walk_to(roots, frozenset(known))
        self.variables = [n for n in self.nodes if isinstance(n, Var)]
        self.seed = " ".join(sorted({f"{v.name}:{v.shape}" for v in self.variables})) + f" {len(self.nodes)}"

    @cached_property
    def by_name(self) -> dict[str, list[Var]]:
        out: dict[str, list[Var]] = {}
        for v in self.variables:
            out.setdefault(v.name, []).append(v)
        return out

    def facts(self, name: str) -> frozenset[str]:
        """All that is declared about a variable."""
        return frozenset[str]().union(*(v.props for v in self.by_name[name]))

    @cached_property
    def whole(self) -> frozenset[Expr]:
        """The variables that hold whole numbers."""
        return frozenset(v for v in self.variables if v.index_size is not None)

    @cached_property
    def conditions(self) -> list[Condition]:
        """What branches depend on."""
        return conditions(self.nodes)

    @cached_property
    def room(self) -> Room:
        """What sizes must leave room for."""
        return Room(self.nodes, self.by_name.values())

    @property
    def names(self) -> list[str]:
        """The names of sizes."""
        return self.room.names

    def sizes(self, rng: Random, small: bool) -> dict[str, int] | None:
        """Sizes, different for different names, that leave room for everything; None where none were found."""
        return self.room.sizes(rng, small)

    def work(self, sizes: Mapping[str, int]) -> int:
        """About how many numbers are worked out in one exact evaluation."""
        return operations(self.nodes, sizes)

    def drawing(self, sizes: Mapping[str, int]) -> int:
        """About how many numbers are worked out to draw the values of a point."""
        shapes = {name: tuple(s.evaluate(sizes) for s in same[0].shape) for name, same in self.by_name.items()}
        return sum(drawing(shape, self.facts(name)) for name, shape in shapes.items())

    def point(
        self,
        attempt: int,
        modes: tuple[Mode, ...] = GENERIC,
        small: bool = False,
        sizes: Mapping[str, int] | None = None,
    ) -> Point | None:
        """The point of this number: the same one every time; of the given sizes, or of some."""
        rng = generator(f"{self.seed} {attempt} {small}")
        if sizes is None:
            sizes = self.sizes(rng, small)
        if sizes is None:
            return None
        values: dict[str, Arr] = {}
        for name in sorted(self.by_name):
            same = self.by_name[name]
            shape = tuple(s.evaluate(sizes) for s in same[0].shape)
            limit = same[0].index_size
            # later points mix the scales: a small variable beside a large one
            mode = modes[attempt] if attempt < len(modes) else rng.choice(modes)
            values[name] = draw(
                rng, shape, self.facts(name), mode, limit.evaluate(sizes) if limit is not None else None
            )
        return Point(sizes, values, self.functions(sizes))

    def functions(self, sizes: Mapping[str, int]) -> dict[str, Model]:
        """Generic functions for the opaque ones."""
        out: dict[str, Model] = {}
        for node in self.nodes:
            if isinstance(node, Apply) and node.op.name.startswith("opaque"):
                fn: Any = node.params[0]
                if fn.name not in out:
                    shape = tuple(s.evaluate(sizes) for s in fn.out)
                    out[fn.name] = RandomFunction(fn.name, shape, fn.elementwise)
        return out


def _walk_to(roots: tuple[Expr, ...], known: frozenset[Expr]) -> list[Expr]:
    if not known:
        return list(walk(*roots))
    seen: set[Expr] = set()
    out: list[Expr] = []
    stack = list(reversed(roots))
    while stack:
        e = stack.pop()
        if e in seen:
            continue
        seen.add(e)
        out.append(e)
        if e not in known:
            stack.extend(reversed(below(e)))
    return out
