"""chainrule derives gradients of tensor expressions step by step, every step verified.

    >>> import chainrule as cr
    >>> e = cr.parse("0.5*norm2(W*x + b - t)^2", given="W: m n; x: n; b: m; t: m")
    >>> e.shape
    ()

Public names are loaded when they are first used, so that importing the package costs next to nothing. The functions of
the language are here too, `sum`, `max`, `min`, `abs` and `slice` among them; these five are not in `__all__`, since a
star import must not hide the built-in ones.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.backends.compile import compile, emit
    from chainrule.core.expr import Expr
    from chainrule.errors import (
        AxisError,
        ChainruleError,
        DomainError,
        MissingValue,
        NameClash,
        NoRuleError,
        NotDifferentiable,
        ParseError,
        ShapeError,
        UnknownName,
    )
    from chainrule.explain.derive import Derivation, derive, grad, hessian, jacobian, jvp, vjp
    from chainrule.judge.judge import equal
    from chainrule.judge.verdict import Verdict
    from chainrule.primitives.variables import elementwise, function, matrix, scalar, sizes, tensor, vector
    from chainrule.notation.parser import parse

__version__ = "0.1.0"

_PLACES = {
    "chainrule.core.expr": ["Expr"],
    "chainrule.errors": [
        "AxisError", "ChainruleError", "DomainError", "MissingValue", "NameClash", "NoRuleError", "NotDifferentiable",
        "ParseError", "ShapeError", "UnknownName",
    ],
    "chainrule.explain.derive": ["Derivation", "derive", "grad", "hessian", "jacobian", "jvp", "vjp"],
    "chainrule.judge.judge": ["equal"],
    "chainrule.judge.verdict": ["Verdict"],
    "chainrule.primitives.variables": ["elementwise", "function", "matrix", "scalar", "sizes", "tensor", "vector"],
    "chainrule.notation.parser": ["parse"],
    "chainrule.backends.compile": ["compile", "emit"],
}  # fmt: skip
_PLACE = {name: module for module, names in _PLACES.items() for name in names}

# The functions of the language, in the order of docs/language.md.
_FUNCTIONS = (
    "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sqrt", "abs", "sign", "relu",
    "step", "sigmoid", "softplus", "logsigmoid", "silu", "gelu", "gelu_tanh", "erf", "square", "leaky_relu", "elu",
    "selu", "mish", "hardtanh", "maximum", "minimum", "where",
    "sum", "mean", "var", "std", "max", "min", "prod", "logsumexp", "norm1", "norm2",
    "softmax", "log_softmax", "cumsum",
    "tr", "det", "logdet", "inv", "diag", "vec", "outer", "kron", "hadamard", "cholesky", "ones", "zeros", "eye",
    "einsum", "permute", "reshape", "unsqueeze", "slice", "concat", "stack", "gather", "conv1d", "conv2d",
    "maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d",
)  # fmt: skip
_BUILTIN = {"abs", "max", "min", "slice", "sum"}

__all__ = sorted({"__version__", *_PLACE, *_FUNCTIONS} - _BUILTIN)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _PLACE:
        value = getattr(import_module(_PLACE[name]), name)
    elif name in _FUNCTIONS:
        value = import_module("chainrule.primitives").function(name)
    else:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_BUILTIN})
