"""What names mean: functions, reserved words, props, and the defaults of undeclared variables."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from chainrule.core.expr import Const, Expr
from chainrule.core.primitive import registry
from chainrule.core.size import Size
from chainrule.errors import ShapeError
from chainrule.primitives.arithmetic import mul_p
from chainrule.primitives.functions import table
from chainrule.primitives.variables import ALONG_AN_AXIS, PROPS, SQUARE

__all__ = ["ALONG_AN_AXIS", "PROPS", "SQUARE", "Function", "default_ndim", "filled", "functions", "reserved"]

KEYWORDS = frozenset({"keep", "eye", "scalar", "function", "elementwise", "index"})
SIZED_BY_USE = {"vector": 1, "matrix": 2}
INSTEAD = {
    "trace": "tr(A)", "dot": "x'*y", "inner": "x'*y", "matmul": "A*B", "mm": "A*B", "multiply": "x.*y",
    "divide": "x./y", "ln": "log(x)", "transpose": "A'", "inverse": "inv(A)", "determinant": "det(A)",
    "norm": "norm2(x)", "clip": "maximum(minimum(x, b), a), or hardtanh(x) for -1 to 1", "clamp": "hardtanh(x)",
    "average": "mean(x)", "avg": "mean(x)", "power": "x.^2", "identity": "eye(n)", "lse": "logsumexp(x)",
    "heaviside": "step(x)", "logistic": "sigmoid(x)", "concatenate": "concat(axis, x, y)",
    "pi": 'acos(-1), or a scalar: given="pi: scalar"',
}  # fmt: skip
"""What other languages call otherwise, as it is written here."""
_DEFAULT_NAME = re.compile(r"([^\W\d_])(?:[0-9]+|_\w*)?$")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: what stands between its parentheses, and what builds it."""

    name: str
    kinds: tuple[str, ...]
    build: Callable[..., Expr]
    required: int


def filled(c: Expr, sizes: tuple[Size, ...]) -> Expr:
    """A vector or matrix all of whose entries are the scalar `c`."""
    if c.shape:
        raise ShapeError("all entries are one scalar; this is not a scalar")
    ones, zeros = registry["ones"], registry["zeros"]
    if isinstance(c, Const) and c.value == 0:
        return zeros(params=sizes)
    return ones(params=sizes) if isinstance(c, Const) and c.value == 1 else mul_p(c, ones(params=sizes))


@cache
def functions() -> dict[str, Function]:
    """All functions by name; comparisons are written with signs."""
    out: dict[str, Function] = {}
    for name, build in table.items():
        p = registry.get(name)
        if p is None:
            out[name] = Function(name, ("expr", "expr"), build, 2)
        elif p.call and p.text is None:
            out[name] = Function(name, p.call, build, _required(build))
    return out


def _required(build: Callable[..., Any]) -> int:
    """How many arguments it takes at least."""
    parameters = inspect.signature(build).parameters.values()
    return sum(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in parameters)


@cache
def reserved() -> frozenset[str]:
    """Names that cannot be variables, sizes or definitions."""
    return KEYWORDS | frozenset(functions()) | frozenset(SIZED_BY_USE)


def default_ndim(name: str) -> int | None:
    """Axes of a variable that nothing declares: a letter, perhaps with digits or _ and more; None for other names."""
    found = _DEFAULT_NAME.match(name)
    if found is None:
        return None
    letter = found[1]
    if letter.isupper():
        return 2
    return 0 if letter in "abcdefg" or not letter.isascii() else 1
