"""About how much work it is to evaluate expressions exactly, at given sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod

from chainrule.core.expr import Apply, Expr

Extent = Callable[[Expr], list[int]]
_EXACT_DIVISION = 8  # where fractions grow
_POWERS = 40  # of linear forms, for one entry of an opaque function
_ELIMINATIONS = frozenset({"inv", "cholesky", "det", "logdet"})


def operations(nodes: Iterable[Expr], sizes: Mapping[str, int], elimination: int = _EXACT_DIVISION) -> int:
    """About how many numbers are multiplied or worked out in other ways, in one evaluation of these nodes.

    `elimination` is the work of one step of that, as for an inverse, beside a multiplication.

    Examples:
        >>> from chainrule.primitives.variables import matrix
        >>> A = matrix("A", "n", "n")
        >>> operations([A], {"n": 10}), operations([A @ A], {"n": 10})
        (100, 1000)
    """

    def lengths(e: Expr) -> list[int]:
        return [max(s.evaluate(sizes), 1) for s in (*e.shape, *(i.size for i in e.free))]

    return sum(_of(e, lengths, elimination) for e in nodes)


def _of(e: Expr, lengths: Extent, elimination: int) -> int:
    entries = prod(lengths(e))
    if not isinstance(e, Apply):
        return entries
    name = e.op.name
    if name == "einsum":
        letters: dict[str, int] = {}
        for word, a in zip(e.params[0].split("->")[0].split(","), e.args, strict=True):
            letters.update(zip(word.strip(), lengths(a), strict=False))
        return prod(letters.values())
    if name in _ELIMINATIONS:
        return elimination * lengths(e.args[0])[-1] * prod(lengths(e.args[0]))
    each = _EACH.get(name)
    return entries * each(e, lengths) if each else entries


def _inner(e: Apply, lengths: Extent) -> int:
    left, right = e.args
    summed = right.ndim and not (left.ndim == 1 and not left.row)
    return lengths(right)[0] if summed else 1


def _side(e: Apply, lengths: Extent) -> int:
    return lengths(e.args[0])[-1]


def _kernel(e: Apply, lengths: Extent) -> int:
    return prod(lengths(e.args[1])[1:])


def _opaque(e: Apply, lengths: Extent) -> int:
    argument = prod(lengths(e.args[0]))  # a sum of as many powers of linear forms
    return argument * (1 + argument // prod(lengths(e)))


_EACH: dict[str, Callable[[Apply, Extent], int]] = {
    "matmul": _inner,
    "matpow": lambda e, lengths: _side(e, lengths) * max(abs(int(e.params[0])).bit_length(), 1) * 2,
    "cumsum": _side,
    "conv1d": _kernel,
    "conv2d": _kernel,
    "opaque": _opaque,
    "opaque_elementwise": lambda e, lengths: _POWERS,
}
