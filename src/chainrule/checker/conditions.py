"""Conditions as numbers, 1 where they hold and else 0; and cases, which are sums of values times these."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.checker import syntax as s
from chainrule.checker.evaluation import Evaluation
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.core.expr import Expr, const
from chainrule.primitives.arithmetic import mul_p, sub_p
from chainrule.primitives.elementwise import ge_p, gt_p, le_p, lt_p, where_p

ORDER: dict[str, Callable[..., Expr]] = {"<": lt_p, "<=": le_p, ">": gt_p, ">=": ge_p}


def holds(m: Evaluation, c: s.Condition) -> Val:
    """1 where a condition and all that "and" joins to it hold, else 0; entry by entry for vectors."""
    out = _holds(m, c)
    for other in c.others:
        out = m.algebra.hadamard(out, _holds(m, other))
    return out


def _holds(m: Evaluation, c: s.Condition) -> Val:
    if c.left is None or c.right is None:
        raise NotUnderstoodError("a condition without two sides")
    if c.sign in ("=", "!="):
        if not all(isinstance(x, (s.Symbol, s.Number)) for x in (c.left, c.right)):
            raise NotUnderstoodError("a condition that asks whether two values are equal")
        same = m.letters.kronecker(c.left, c.right)
        return same if c.sign == "=" else Val(sub_p(const(1), same.body))
    if c.sign not in ORDER:
        raise NotUnderstoodError(f"a condition with {c.sign}")
    gap = m.algebra.add(-1, m.value(c.left), m.value(c.right))
    return Val(where_p(ORDER[c.sign](gap.body, const(0)), const(1), const(0)), gap.axes, gap.row)


def cases(m: Evaluation, rows: tuple[tuple[s.Node, s.Condition | None], ...]) -> Val:
    """Σ value · [condition], the last one for all that is left where it says so."""
    total: Val | None = None
    rest: Expr = const(1)
    for node, condition in rows:
        v = m.value(node)
        if v.ndim:
            raise NotUnderstoodError("cases of vectors")
        here = rest if condition is None or condition.sign == "otherwise" else holds(m, condition).body
        rest = sub_p(rest, here)
        term = Val(mul_p(v.body, here))
        total = term if total is None else m.algebra.add(1, total, term)
    assert total is not None
    return total
