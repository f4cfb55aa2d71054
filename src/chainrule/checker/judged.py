"""Sides compared: both built in one world, their shapes made one, their values compared."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from chainrule.checker import syntax as s
from chainrule.checker.conditions import holds
from chainrule.checker.conventions import Reading
from chainrule.checker.labels import Key
from chainrule.checker.meaning import Meaning
from chainrule.checker.symbols import Symbols
from chainrule.checker.truth import compared
from chainrule.checker.values import MisfitError, NotUnderstoodError, Val
from chainrule.checker.world import World
from chainrule.core.expr import Apply, Delta, Expr, Var, intern
from chainrule.core.graph import at, walk
from chainrule.core.index import affine
from chainrule.errors import ChainruleError
from chainrule.primitives.arithmetic import mul_p
from chainrule.primitives.opaque import opaque_elementwise_p, opaque_p

How = Literal["equal", "different", "misfit", "unclear"]


@dataclass(frozen=True)
class Judgement:
    """How two sides compare. misfit: their shapes do not fit; unclear: one of them is not understood."""

    how: How
    reason: str = ""
    example: str = ""
    unknown: bool = False
    """A function of which nothing is known stands on one side only."""
    assumed: tuple[Key, ...] = ()
    """Letters of which nothing was said."""

    @property
    def equal(self) -> bool:
        return self.how == "equal"


PLAIN = Reading()
FAILURES = (ChainruleError, ArithmeticError, RecursionError)
"""What keeps a side from having a value."""


@dataclass(frozen=True)
class Setting:
    """What sides are understood by: the symbols so far, a reading, and what wrong lines have claimed.

    rounded: by how many units of its last digit a printed number may be off. where: conditions that they are compared
    under. numbers: letters that stand for any number here, whatever they are elsewhere.
    """

    symbols: Symbols
    reading: Reading = PLAIN
    claimed: Mapping[str, Val] | None = None
    rounded: Fraction | None = None
    where: tuple[s.Condition, ...] = ()
    numbers: tuple[str, ...] = ()

    def world(self) -> World:
        """The symbols as nodes, none of them made yet."""
        return World(self.symbols, self.reading, Meaning, self.claimed, self.rounded)

    def fork(self) -> Setting:
        """The same with sizes of its own, so that a wrong line teaches nothing."""
        symbols = copy.copy(self.symbols)
        symbols.sizes = copy.deepcopy(self.symbols.sizes)
        return replace(self, symbols=symbols)


def judge(setting: Setting, left: s.Node, right: s.Node, scope: str) -> Judgement:
    """Whether two sides are equal. Sizes that become known on the way may make a second look worth while."""
    sizes = setting.symbols.sizes
    before = sizes.learnt
    found = _judge(setting, left, right, scope)
    if not found.equal and sizes.learnt > before:
        found = _judge(setting, left, right, scope)
    return found


def _judge(setting: Setting, left: s.Node, right: s.Node, scope: str) -> Judgement:
    world = setting.world()
    try:
        m = Meaning(world, scope=scope)
        for name in setting.numbers:
            m.locals[name] = Val(intern(Var, f"{name}, a number", (), frozenset[str](), None))
        return _judged(world, m.value(left), m.value(right), _held(m, setting.where))
    except MisfitError as e:
        return Judgement("misfit", e.message, assumed=tuple(world.assumed))
    except NotUnderstoodError as e:
        return Judgement("unclear", e.message)
    except ChainruleError as e:
        return Judgement("unclear", e.message.splitlines()[0])
    except RecursionError:
        return Judgement("unclear", "it is nested too deeply")
    except ArithmeticError:
        return Judgement("unclear", "it has no value that can be worked out")


class Bench:
    """Compares many sides with one: what that one is made of is built once."""

    def __init__(self, setting: Setting, anchor: s.Node, scope: str) -> None:
        self._setting, self._anchor, self._scope = setting, anchor, scope
        self.ready = self._start(setting.fork())

    def _start(self, trial: Setting, again: bool = True) -> bool:
        before = trial.symbols.sizes.learnt
        self._world = trial.world()
        self._meaning = Meaning(self._world, scope=self._scope)
        try:
            self._value = self._meaning.value(self._anchor)
            self._held = _held(self._meaning, trial.where)
        except FAILURES:
            return again and trial.symbols.sizes.learnt > before and self._start(trial, again=False)
        self._learnt = trial.symbols.sizes.learnt
        return True

    def equal(self, side: s.Node) -> bool:
        """Whether a side is equal to the one of this bench."""
        if not self.ready:
            return False
        try:
            return _judged(self._world, self._value, self._meaning.value(side), self._held).equal
        except FAILURES:
            return False
        finally:
            if self._world.symbols.sizes.learnt > self._learnt:
                self.ready = self._start(self._setting.fork())  # what a wrong guess taught is forgotten


def value(setting: Setting, node: s.Node, scope: str) -> tuple[World, Val] | None:
    """The value of a side, None if it has none that is certain."""
    world = setting.world()
    try:
        return world, Meaning(world, scope=scope).value(node)
    except FAILURES:
        return None


def _held(m: Meaning, where: tuple[s.Condition, ...]) -> Val | None:
    """1 where all conditions hold, else 0."""
    out: Val | None = None
    for c in where:
        held = holds(m, c)
        if held.ndim:
            raise NotUnderstoodError("a condition on vectors")
        out = held if out is None else m.algebra.product(out, held)
    return out


def _judged(world: World, a: Val, b: Val, held: Val | None) -> Judgement:
    pair = _aligned(world, a, b)
    if pair is None:
        return Judgement("misfit", f"the left is {a.describe()}, the right {b.describe()}")
    if held is not None:
        pair = world.algebra.hadamard(held, pair[0]), world.algebra.hadamard(held, pair[1])
    found = compared(world, *pair, None if held is None else held.body)
    if found.equal is None:
        return Judgement("unclear", "no point was found where both sides have a value")
    if found.equal:
        return Judgement("equal", assumed=tuple(world.assumed))
    return Judgement("different", example=found.example, unknown=_one_sided(world, *pair), assumed=tuple(world.assumed))


def _aligned(world: World, a: Val, b: Val) -> tuple[Val, Val] | None:
    """The two with one shape: axes of length 1 do not count, nor does it whether a vector lies if only one could."""
    a, b = _squeezed(world, a), _squeezed(world, b)
    if a.ndim == b.ndim:
        if a.ndim == 1 and a.row != b.row:
            return None
        for i, j in zip(a.axes, b.axes, strict=True):
            if not world.symbols.sizes.same(i.size, j.size):
                return None
        return a, b
    if {a.ndim, b.ndim} == {1, 2}:
        return _as_diagonals(world, a, b)
    if not a.ndim or not b.ndim:
        return _with_letters(world, a, b)
    return None


def _squeezed(world: World, a: Val) -> Val:
    thin = [i for i in a.axes if world.symbols.sizes.resolve(i.size).constant == 1]
    if not thin:
        return a
    kept = tuple(i for i in a.axes if i not in thin)
    row = a.row if a.ndim == 1 else a.ndim == 2 and len(kept) == 1 and a.axes[1] is kept[0]
    return Val(at(a.body, {i: affine(0) for i in thin}), kept, row and len(kept) == 1)


def _as_diagonals(world: World, a: Val, b: Val) -> tuple[Val, Val] | None:
    """A Jacobian of a function that works entry by entry is often written as the vector on its diagonal."""
    wide, thin = (a, b) if a.ndim == 2 else (b, a)
    if thin.row or not all(world.symbols.sizes.same(i.size, thin.axes[0].size) for i in wide.axes):
        return None
    i, j = wide.axes
    spread = Val(mul_p(thin.on((i,)).body, intern(Delta, affine(i), affine(j))), wide.axes)
    found = compared(world, wide, spread)
    if found.equal is not True:
        return None
    return (wide, spread) if wide is a else (spread, wide)


def _with_letters(world: World, a: Val, b: Val) -> tuple[Val, Val] | None:
    """`z = Σ_n W_kn x_n`: a vector said by its entry, with a letter that the other side leaves out."""
    wide, entry = (a, b) if a.ndim else (b, a)
    loose = sorted(entry.letters - wide.letters, key=lambda i: i.uid)
    if len(loose) != wide.ndim:
        return None
    for i, j in zip(wide.axes, loose, strict=True):
        if not world.symbols.sizes.same(i.size, j.size):
            return None
    made = Val(entry.body, tuple(loose), wide.row)
    return (wide, made) if wide is a else (made, wide)


def _one_sided(world: World, a: Val, b: Val) -> bool:
    """Whether an unknown loss stands on one side only, or one that was made up here: then a difference means little."""
    left, right = functions(a.body), functions(b.body)
    if (left ^ right) & world.guessed:
        return True
    return bool(left ^ right) and not (left & right)


def functions(e: Expr) -> set[str]:
    """The names of the unknown functions in an expression."""
    return {n.params[0].name for n in walk(e) if isinstance(n, Apply) and n.op in (opaque_p, opaque_elementwise_p)}
