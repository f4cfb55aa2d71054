"""Contractions as einsum calls, their order chosen while code is generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.backends.numpy_products import typical
from chainrule.core.expr import Shape


def einsum(spec: str, operands: Sequence[str], shapes: Sequence[Shape]) -> str:
    """Code for one contraction; more than two operands meet in the order that is cheapest for typical sizes."""
    path = ""
    if len(operands) > 2:
        import opt_einsum

        sizes: list[Any] = [tuple(min(typical(n), 10**6) for n in s) for s in shapes]
        pairs, _ = opt_einsum.contract_path(spec, *sizes, shapes=True, optimize="auto")
        path = f', optimize=["einsum_path", {", ".join(str(tuple(p)) for p in pairs)}]'
    elif len(operands) == 2:
        path = ", optimize=True"
    return f'np.einsum("{spec}", {", ".join(operands)}{path})'
