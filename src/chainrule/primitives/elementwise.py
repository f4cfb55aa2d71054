"""Scalar functions, applied entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from chainrule.core.expr import Expr, ExprLike, const
from chainrule.core.primitive import Args, Primitive
from chainrule.errors import ShapeError
from chainrule.primitives.arithmetic import pointwise

Partial1 = Callable[[Args, Expr], Expr]


def scalar_function(name: str, partial: Partial1 | None, **fields: Any) -> Primitive:
    """Declare a function of one argument; without `partial`, its derivative comes from `expand`."""

    def build(x: ExprLike) -> Expr:
        return p(const(x))

    fields.setdefault("example", f"sum({name}(x))")
    fields.setdefault("latex", rf"\operatorname{{{name}}}")
    if "expand" not in fields:
        fields.setdefault("ball", name)
    p = pointwise(name, partials=(partial,) if partial else None, call=("expr",), build=build, **fields)
    return p


def pi() -> Expr:
    """π as an expression of the language, which has no name for it."""
    return acos_p(const(-1))


def _latex_acos(x: str) -> str:
    return r"\pi" if x.replace(" ", "").strip("()") == "-1" else rf"\arccos\left({x}\right)"


exp_p = scalar_function(
    "exp",
    lambda a, y: y,
    numpy="np.exp({0})",
    latex=r"\exp",
    reason="exp is its own derivative",
    summary="the exponential function",
)
log_p = scalar_function(
    "log",
    lambda a, y: const(1) / a[0],
    numpy="np.log({0})",
    latex=r"\log",
    domain="positive:0",
    reason="the derivative of log u is 1/u",
    summary="the natural logarithm",
)
sin_p = scalar_function(
    "sin",
    lambda a, y: cos_p(a[0]),
    numpy="np.sin({0})",
    latex=r"\sin",
    reason="sin′ = cos",
    summary="the sine",
)
cos_p = scalar_function(
    "cos",
    lambda a, y: -sin_p(a[0]),
    numpy="np.cos({0})",
    latex=r"\cos",
    reason="cos′ = −sin",
    summary="the cosine",
)
tan_p = scalar_function(
    "tan",
    lambda a, y: const(1) + y ** const(2),
    numpy="np.tan({0})",
    latex=r"\tan",
    reason="tan′ = 1 + tan²",
    summary="the tangent",
)
asin_p = scalar_function(
    "asin",
    lambda a, y: const(1) / sqrt_p(const(1) - a[0] ** const(2)),
    numpy="np.arcsin({0})",
    latex=r"\arcsin",
    domain="unit:0",
    reason="the derivative of asin u is 1/√(1 − u²)",
    summary="the inverse of the sine, between −π/2 and π/2",
)
acos_p = scalar_function(
    "acos",
    lambda a, y: const(-1) / sqrt_p(const(1) - a[0] ** const(2)),
    numpy="np.arccos({0})",
    latex=_latex_acos,
    domain="unit:0",
    reason="the derivative of acos u is −1/√(1 − u²)",
    summary="the inverse of the cosine, between 0 and π; acos(-1) is π",
)
atan_p = scalar_function(
    "atan",
    lambda a, y: const(1) / (const(1) + a[0] ** const(2)),
    numpy="np.arctan({0})",
    latex=r"\arctan",
    reason="the derivative of atan u is 1/(1 + u²)",
    summary="the inverse of the tangent, between −π/2 and π/2",
)
sinh_p = scalar_function(
    "sinh",
    lambda a, y: cosh_p(a[0]),
    numpy="np.sinh({0})",
    latex=r"\sinh",
    reason="sinh′ = cosh",
    summary="the hyperbolic sine",
)
cosh_p = scalar_function(
    "cosh",
    lambda a, y: sinh_p(a[0]),
    numpy="np.cosh({0})",
    latex=r"\cosh",
    reason="cosh′ = sinh",
    summary="the hyperbolic cosine",
)
tanh_p = scalar_function(
    "tanh",
    lambda a, y: const(1) - y ** const(2),
    numpy="np.tanh({0})",
    latex=r"\tanh",
    reason="tanh′ = 1 − tanh²",
    summary="the hyperbolic tangent",
)
sqrt_p = scalar_function(
    "sqrt",
    lambda a, y: const(1) / (const(2) * y),
    numpy="np.sqrt({0})",
    latex=lambda x: rf"\sqrt{{{x}}}",
    domain="nonnegative:0",
    reason="the derivative of √u is 1/(2√u)",
    summary="the square root",
)
abs_p = scalar_function(
    "abs",
    lambda a, y: sign_p(a[0]),
    numpy="np.abs({0})",
    latex=lambda x: rf"\left|{x}\right|",
    kink="abs′(0) = 0",
    reason="the derivative of |u| is the sign of u",
    summary="the absolute value",
)
sign_p = scalar_function(
    "sign",
    lambda a, y: const(0),
    numpy="np.sign({0})",
    kink="sign(0) = 0, sign′(0) = 0",
    reason="the sign is constant on both sides of 0",
    summary="1 for positive, −1 for negative numbers, 0 for 0",
)
step_p = scalar_function(
    "step",
    lambda a, y: const(0),
    numpy="np.heaviside({0}, 0.0)",
    kink="step(0) = 0, step′(0) = 0",
    reason="the step is constant on both sides of 0",
    summary="1 for positive numbers, else 0",
)
relu_p = scalar_function(
    "relu",
    lambda a, y: step_p(a[0]),
    numpy="np.maximum({0}, 0.0)",
    kink="relu′(0) = 0",
    reason="relu′ is 1 where its argument is positive, else 0",
    summary="the positive part, max(u, 0)",
    source="nair2010",
)
sigmoid_p = scalar_function(
    "sigmoid",
    lambda a, y: y * (const(1) - y),
    numpy="np.exp(-np.logaddexp(0.0, -({0})))",
    latex=r"\sigma",
    reason="σ′ = σ(1 − σ)",
    summary="the logistic function 1/(1 + exp(−u))",
)
softplus_p = scalar_function(
    "softplus",
    lambda a, y: sigmoid_p(a[0]),
    numpy="np.logaddexp(0.0, {0})",
    reason="softplus′ = σ",
    summary="log(1 + exp(u)), a smooth relu",
)
logsigmoid_p = scalar_function(
    "logsigmoid",
    lambda a, y: sigmoid_p(-a[0]),
    numpy="-np.logaddexp(0.0, -({0}))",
    latex=r"\log\sigma",
    reason="the derivative of log σ(u) is σ(−u)",
    summary="the logarithm of the logistic function",
)
erf_p = scalar_function(
    "erf",
    lambda a, y: const(2) / sqrt_p(pi()) * exp_p(-(a[0] ** const(2))),
    numpy="erf({0})",
    reason="the derivative of erf u is 2/√π · exp(−u²)",
    summary="the error function, 2/√π ∫₀ᵘ exp(−t²) dt",
)
square_p = scalar_function(
    "square",
    lambda a, y: const(2) * a[0],
    expand=lambda x: x ** const(2),
    ball="square",
    numpy="np.square({0})",
    latex=lambda x: rf"\left({x}\right)^{{2}}",
    reason="the derivative of u² is 2u",
    summary="u²",
)


def _half_one_plus_sign(a: Expr, b: Expr) -> Expr:
    """1 where a > b, ½ where they are equal, else 0."""
    return (const(1) + sign_p(a - b)) / const(2)


def _binary(name: str, **fields: Any) -> Primitive:
    def build(a: ExprLike, b: ExprLike) -> Expr:
        return p(const(a), const(b))

    p = pointwise(name, call=("expr", "expr"), build=build, **fields)
    return p


maximum_p = _binary(
    "maximum",
    partials=(lambda a, y: _half_one_plus_sign(a[0], a[1]), lambda a, y: _half_one_plus_sign(a[1], a[0])),
    ball="maximum",
    numpy="np.maximum({0}, {1})",
    latex=r"\max",
    kink="ties in maximum share the gradient equally",
    reason="the larger one passes the derivative on",
    summary="the larger of two numbers",
    example="sum(maximum(x, y))",
)
minimum_p = _binary(
    "minimum",
    partials=(lambda a, y: _half_one_plus_sign(a[1], a[0]), lambda a, y: _half_one_plus_sign(a[0], a[1])),
    ball="minimum",
    numpy="np.minimum({0}, {1})",
    latex=r"\min",
    kink="ties in minimum share the gradient equally",
    reason="the smaller one passes the derivative on",
    summary="the smaller of two numbers",
    example="sum(minimum(x, y))",
)


def _comparison(name: str, sign: str, latex: str) -> Primitive:
    return _binary(
        name,
        partials=(lambda a, y: const(0), lambda a, y: const(0)),
        ball=name,
        numpy=f"{{0}} {sign} {{1}}",
        latex=lambda a, b: f"{a} {latex} {b}",
        text=sign,
        kink="where() jumps at equality",
        reason="a comparison is constant where it is decided",
        summary=f"whether the left is {sign} the right; stands only inside where",
        example=f"sum(where(x {sign} y, x, 2*y))",
    )


gt_p = _comparison("gt", ">", ">")
ge_p = _comparison("ge", ">=", r"\ge")
lt_p = _comparison("lt", "<", "<")
le_p = _comparison("le", "<=", r"\le")
COMPARISONS = (gt_p, ge_p, lt_p, le_p)


def where(condition: Expr, a: ExprLike, b: ExprLike) -> Expr:
    """Where the condition holds, the entry of `a`, else that of `b`.

    Raises:
        ShapeError: `condition` is not a comparison, or the shapes do not fit.

    Examples:
        >>> from chainrule.primitives.variables import vector
        >>> x = vector("x", "n")
        >>> where(gt_p(x, const(0)), x, 0).shape
        (Size('n'),)
    """
    if getattr(condition, "op", None) not in COMPARISONS:
        raise ShapeError("the first argument of where must be a comparison", hint="where(x > 0, a, b)")
    return where_p(condition, const(a), const(b))


def indicator(condition: Expr) -> Expr:
    """1 where the condition holds, else 0."""
    return where_p(condition, const(1), const(0))


where_p = pointwise(
    "where",
    partials=(
        lambda a, y: const(0),  # a condition is constant where it is decided
        lambda a, y: where_p(a[0], const(1), const(0)),
        lambda a, y: where_p(a[0], const(0), const(1)),
    ),
    call=("expr", "expr", "expr"),
    build=where,
    ball="where",
    numpy="np.where({0}, {1}, {2})",
    latex=lambda c, a, b: rf"\begin{{cases}} {a} & {c} \\ {b} & \text{{else}} \end{{cases}}",
    kink="where jumps where its condition changes",
    reason="each branch passes its derivative on where it is taken",
    summary="the second argument where the first holds, else the third",
    example="sum(where(x > 0, x, 2*x))",
)

silu_p = scalar_function(
    "silu",
    None,
    expand=lambda x: x * sigmoid_p(x),
    reason="silu u = u σ(u)",
    summary="u σ(u), also called swish",
    source="elfwing2018",
)
gelu_p = scalar_function(
    "gelu",
    None,
    expand=lambda x: x * (const(1) + erf_p(x / sqrt_p(const(2)))) / const(2),
    reason="gelu u = u Φ(u), Φ the normal distribution function",
    summary="u (1 + erf(u/√2))/2",
    source="hendrycks2016",
)


def _gelu_tanh(x: Expr) -> Expr:
    inner = sqrt_p(const(2) / pi()) * (x + const(Fraction("0.044715")) * x ** const(3))
    return x * (const(1) + tanh_p(inner)) / const(2)


gelu_tanh_p = scalar_function(
    "gelu_tanh",
    None,
    expand=_gelu_tanh,
    reason="gelu with Φ replaced by its tanh approximation",
    summary="u (1 + tanh(√(2/π)(u + 0.044715 u³)))/2",
    latex=r"\operatorname{gelu}_{\tanh}",
    source="hendrycks2016",
)
leaky_relu_p = scalar_function(
    "leaky_relu",
    None,
    expand=lambda x: where_p(ge_p(x, const(0)), x, x / const(100)),
    numpy="np.where({0} >= 0, {0}, ({0}) / 100.0)",
    latex=r"\operatorname{leaky\,relu}",
    kink="leaky_relu′(0) = 1",
    reason="slope 1 for u ≥ 0, else 1/100",
    summary="u for u ≥ 0, else u/100",
    source="maas2013",
)
elu_p = scalar_function(
    "elu",
    lambda a, y: exp_p(minimum_p(a[0], const(0))),
    expand=lambda x: where_p(gt_p(x, const(0)), x, exp_p(x) - const(1)),
    numpy="np.where({0} > 0, {0}, np.expm1(np.minimum({0}, 0.0)))",
    reason="elu′ is 1 for positive u, else exp(u)",
    summary="u for u > 0, else exp(u) − 1",
    source="clevert2016",
)

_SELU_SCALE = const(Fraction("1.0507009873554804934193349852946"))
_SELU_ALPHA = const(Fraction("1.6732632423543772848170429916717"))

selu_p = scalar_function(
    "selu",
    lambda a, y: _SELU_SCALE * where_p(gt_p(a[0], const(0)), const(1), _SELU_ALPHA * exp_p(minimum_p(a[0], const(0)))),
    expand=lambda x: _SELU_SCALE * where_p(gt_p(x, const(0)), x, _SELU_ALPHA * (exp_p(x) - const(1))),
    numpy="1.0507009873554805 * np.where({0} > 0, {0}, 1.6732632423543772 * np.expm1(np.minimum({0}, 0.0)))",
    kink="selu′(0) is that from the left, λα",
    reason="selu = λ u for positive u, else λα (exp(u) − 1)",
    summary="λ u for u > 0, else λα (exp(u) − 1), λ ≈ 1.0507, α ≈ 1.6733",
    source="klambauer2017",
)
mish_p = scalar_function(
    "mish",
    None,
    expand=lambda x: x * tanh_p(softplus_p(x)),
    reason="mish u = u tanh(softplus u)",
    summary="u tanh(log(1 + exp(u)))",
    source="misra2020",
)
hardtanh_p = scalar_function(
    "hardtanh",
    lambda a, y: indicator(le_p(abs_p(a[0]), const(1))),
    expand=lambda x: minimum_p(maximum_p(x, const(-1)), const(1)),
    numpy="np.clip({0}, -1.0, 1.0)",
    kink="hardtanh′(±1) = 1",
    reason="slope 1 between −1 and 1, else 0",
    summary="u clipped to between −1 and 1",
)
