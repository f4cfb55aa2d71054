"""Whether two expressions are equal, for those who ask with texts."""

from __future__ import annotations

from chainrule.core.expr import ExprLike, const
from chainrule.explain.inputs import parsed_beside
from chainrule.judge import judge
from chainrule.judge.verdict import Verdict
from chainrule.notation.parser import parse


def equal(p: ExprLike | str, q: ExprLike | str, points: int = 8) -> Verdict:
    """Whether two expressions have one value wherever both have one.

    Variables of one name are one variable. Kinks do not count, and a vector equals its transpose: only values matter.
    A text is parsed with the variables of the other expression.

    Raises:
        WrongType: one is neither an expression, nor a number, nor a text.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> x, y = vector("x", "n"), vector("y", "n")
        >>> equal((x + y) * x, x**2 + x * y).equal
        True
        >>> equal(x @ y, "y'*x").equal
        True
        >>> equal("x'*A*x", "x'*A'*x").how
        'proved'
        >>> equal(x * y, x + y).how
        'different'

    """
    if isinstance(p, str) and not isinstance(q, str):
        right = const(q)
        return judge.equal(parsed_beside(p, right), right, points)
    left = parse(p) if isinstance(p, str) else const(p)
    return judge.equal(left, parsed_beside(q, left), points)
