"""A counterexample at small sizes, carried over to larger ones: repeated, with almost equal ones, or with zeros.

What differs entry by entry still does where all entries are there many times over, and what differs in a sum still does
where all that is added is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from flint import fmpq

from chainrule.backends.interpreter import Arr, arr
from chainrule.judge.models import generator
from chainrule.judge.points import Problem
from chainrule.judge.verdict import Counterexample
from chainrule.rewrite.facts import along

_NEVER_ZERO = frozenset({"positive", "unit", "pm1"})
_SINGLE = frozenset({"positive", "unit", "diagonal", "lower", "upper"})  # that hold for each entry alone
_WITH_IDENTITY = frozenset({"spd", "orthogonal", "posdet"})


def enlarged(problem: Problem, small: Counterexample) -> Iterator[tuple[dict[str, int], dict[str, Arr]]]:
    """Sizes and values of a problem, made from a counterexample at smaller sizes; none where its sizes do not fit."""
    kept = {name: small.sizes[name] for name in problem.names if name in small.sizes}
    sizes = problem.room.grown(kept, (), 0) if len(kept) == len(problem.names) else None
    if sizes is None or not small.values.keys() >= problem.by_name.keys():
        return
    repeated, padded = (
        {name: _larger(problem, name, sizes, small.values[name], repeat) for name in problem.by_name}
        for repeat in (True, False)
    )
    yield sizes, repeated
    yield sizes, padded
    yield sizes, {name: _apart(problem, name, a) for name, a in repeated.items()}


def _larger(problem: Problem, name: str, sizes: Mapping[str, int], value: Any, repeat: bool) -> Arr:
    v, props = problem.by_name[name][0], problem.facts(name)
    a = arr(np.frompyfunc(lambda x: fmpq(x.numerator, x.denominator), 1, 1)(np.array(value, dtype=object)))
    shape = tuple(s.evaluate(sizes) for s in v.shape)
    axis = next((along(p, len(shape)) for p in sorted(props) if along(p, len(shape)) is not None), None)
    if not shape or a.shape == shape:
        return a
    if v.index_size is not None or (props & _NEVER_ZERO) or (repeat and axis is None and not props & _WITH_IDENTITY):
        out = a[np.ix_(*(np.arange(n) % k for n, k in zip(shape, a.shape, strict=True)))]
        if "diagonal" in props or "distances" in props:
            same = np.eye(len(out), dtype=bool)
            out = np.where(same == ("diagonal" in props), out, out * 0)
        return _triangle(out, props)
    out = np.full(shape, fmpq(0), dtype=object)
    out[tuple(slice(0, k) for k in a.shape)] = a
    if props & _WITH_IDENTITY and len(shape) == 2:
        for k in range(len(a), len(out)):
            out[k, k] = fmpq(1)
    if axis is not None:  # lines that were added sum to one as well
        lines, first = np.moveaxis(out, axis, -1), np.moveaxis(a, axis, -1)
        rest = np.ix_(*(np.arange(n) % k for n, k in zip(lines.shape[:-1], first.shape[:-1], strict=True)))
        lines[..., : first.shape[-1]] = first[rest] if first.ndim > 1 else first
    return out


def _apart(problem: Problem, name: str, a: Arr) -> Arr:
    """The values, no two of which are equal any more, if the facts allow it."""
    if problem.by_name[name][0].index_size is not None or problem.facts(name) - _SINGLE:
        return a
    order = list(range(a.size))
    generator(name).shuffle(order)
    near = np.array([1 - fmpq(k, a.size * 2**30) for k in order], dtype=object)
    return arr(a * near.reshape(a.shape))


def _triangle(a: Arr, props: frozenset[str]) -> Arr:
    a = np.where(np.tri(len(a), dtype=bool), a, a * 0) if "lower" in props else a
    return np.where(np.tri(len(a), dtype=bool).T, a, a * 0) if "upper" in props else a
