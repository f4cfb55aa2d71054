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
    from chainrule.backends.compile import compile as compile, emit as emit
    from chainrule.checker.check import check as check
    from chainrule.checker.report import Report as Report
    from chainrule.core.expr import Expr as Expr
    from chainrule.errors import (
        AxisError as AxisError,
        ChainruleError as ChainruleError,
        DocumentError as DocumentError,
        DomainError as DomainError,
        MissingValue as MissingValue,
        NameClash as NameClash,
        NetworkError as NetworkError,
        NoRuleError as NoRuleError,
        NotDifferentiable as NotDifferentiable,
        ParseError as ParseError,
        ShapeError as ShapeError,
        UnknownName as UnknownName,
        WrongType as WrongType,
    )
    from chainrule.explain.derive import (
        Derivation as Derivation,
        derive as derive,
        grad as grad,
        hessian as hessian,
        jacobian as jacobian,
        jvp as jvp,
        vjp as vjp,
    )
    from chainrule.explain.equality import equal as equal
    from chainrule.judge.verdict import Verdict as Verdict
    from chainrule.nets.network import Network as Network
    from chainrule.notation.parser import parse as parse
    from chainrule.primitives.variables import (
        elementwise as elementwise,
        function as function,
        matrix as matrix,
        scalar as scalar,
        sizes as sizes,
        tensor as tensor,
        vector as vector,
    )

__version__ = "0.1.0"

_PLACES = {
    "chainrule.checker.check": ["check"],
    "chainrule.checker.report": ["Report"],
    "chainrule.core.expr": ["Expr"],
    "chainrule.errors": [
        "AxisError", "ChainruleError", "DocumentError", "DomainError", "MissingValue", "NameClash", "NetworkError",
        "NoRuleError", "NotDifferentiable", "ParseError", "ShapeError", "UnknownName", "WrongType",
    ],
    "chainrule.explain.derive": ["Derivation", "derive", "grad", "hessian", "jacobian", "jvp", "vjp"],
    "chainrule.explain.equality": ["equal"],
    "chainrule.judge.verdict": ["Verdict"],
    "chainrule.primitives.variables": ["elementwise", "function", "matrix", "scalar", "sizes", "tensor", "vector"],
    "chainrule.nets.network": ["Network"],
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
    elif name.startswith("_") or (value := _function(name)) is None:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    globals()[name] = value
    return value


def _function(name: str) -> Any:
    """The function of the language that has this name, those declared by others included."""
    return getattr(import_module("chainrule.primitives.functions"), name, None) if name.islower() else None


def __dir__() -> list[str]:
    return sorted({*__all__, *_BUILTIN})
