"""Whether two expressions differ clearly in floating point, where they are too large for exact numbers."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from chainrule.backends.compile import compile as compiled
from chainrule.core.expr import Apply, Expr
from chainrule.errors import ChainruleError
from chainrule.judge.models import generator
from chainrule.judge.points import Problem

_LARGEST = 20_000_000  # entries of one array
_CLEARLY = 1e-3  # far more than rounding, beside the values
_NAMED = 3
_DRAWN = {"positive": (0.5, 2.0), "unit": (0.1, 0.9)}


def differ_in_floats(p: Expr, q: Expr, problem: Problem) -> bool:
    """Whether they do, at a random point; False where that cannot be told."""
    sizes = dict.fromkeys(problem.names, _NAMED)
    opaque = any(isinstance(n, Apply) and n.op.name.startswith("opaque") for n in problem.nodes)
    largest = max(prod(s.evaluate(sizes) for s in (*n.shape, *(i.size for i in n.free))) for n in problem.nodes)
    if opaque or p.free or q.free or largest > _LARGEST:
        return False
    rng = np.random.default_rng(generator(problem.seed).getrandbits(32))
    values: dict[str, Any] = {}
    for name in sorted(problem.by_name):
        same = problem.by_name[name]
        props = frozenset[str]().union(*(v.props for v in same))
        if props - _DRAWN.keys() or same[0].index_size is not None:
            return False
        low, high = _DRAWN[min(props)] if props else (-2.0, 2.0)
        values[name] = rng.uniform(low, high, tuple(s.evaluate(sizes) for s in same[0].shape))
    try:
        with np.errstate(all="ignore"):
            a, b = (np.asarray(compiled(e)(**values, **sizes), dtype=float) for e in (p, q))
    except (ChainruleError, MemoryError, ArithmeticError, np.linalg.LinAlgError):
        return False
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return bool(np.max(np.abs(a - b)) > _CLEARLY * max(np.max(np.abs(a)), np.max(np.abs(b))))
