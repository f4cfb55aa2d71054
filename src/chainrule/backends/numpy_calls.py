"""How each primitive is said in NumPy, where its plain template is not enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.backends.fold_numbers import folded
from chainrule.backends.numpy_code import Chain, Emitter, Factor, Value, join
from chainrule.backends.numpy_products import chain, scaled, transpose, transposed
from chainrule.backends.plan import ADD, ATOM, COMPARE, MUL, NEG, POW, Code
from chainrule.core.expr import Apply, Expr, Shape

INFIX = {"add": ("+", ADD), "sub": ("-", ADD), "mul": ("*", MUL), "div": ("/", MUL)}
COMPARISONS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}

# Elementwise functions said better than by their template, or more briefly.
FUNCTIONS = {
    "relu": "np.maximum({0}, 0)",
    "step": "np.heaviside({0}, 0)",
    "sigmoid": "sigmoid({0})",
    "softplus": "softplus({0})",
    "logsigmoid": "-softplus(-{0})",
    "erf": "erf({0})",
    "hardtanh": "np.clip({0}, -1, 1)",
}
# Elementwise primitives that `combine` says itself.
OPERATORS = frozenset({*INFIX, *COMPARISONS, "neg", "pow", "where", "opaque_elementwise"})


def combine(em: Emitter, op: Any, codes: Sequence[Code], params: Sequence[Any] = ()) -> Code:
    """An elementwise primitive on operands that are already aligned."""
    actual = join(c.actual for c in codes)
    weak = all(c.weak for c in codes)
    if op.name == "where":
        return _where(em, codes, actual)
    codes = [Code(f"{c.at(ATOM)}.astype({em.dtype})", ATOM, c.actual) if c.bool else c for c in codes]
    if weak and (value := folded(op.name, [c.text for c in codes])) is not None:
        return value
    if op.name in COMPARISONS:
        a, b = codes
        text = f"{a.at(ADD)} {COMPARISONS[op.name]} {b.at(ADD)}"
        return Code(text if not weak else f"np.bool({text})", COMPARE if not weak else ATOM, actual, bool=True)
    if op.name in INFIX:
        return infix(op.name, codes[0], codes[1])
    if op.name == "neg":
        return scaled(codes[0], (("*", Code("-1", NEG, (), True)),))
    if op.name == "pow":
        return _power(codes[0], codes[1], actual, weak)
    if op.name == "opaque_elementwise":
        return Code(f"{em.function(*params)}({codes[0].text})", ATOM, actual)
    return _call(em, op, codes, params, actual, weak)


def _call(em: Emitter, op: Any, codes: Sequence[Code], params: Sequence[Any], actual: Shape, weak: bool) -> Code:
    from chainrule.backends.numpy_code import _binds, _fill

    template = FUNCTIONS.get(op.name, op.numpy)
    if template is None:
        from chainrule.errors import NoRuleError

        raise NoRuleError(f"nothing says how to compute {op.name!r} in generated code")
    if callable(template):
        text = template([c.at(ATOM) for c in codes], (), params, em.program.size)
    else:
        if template.count("{0}") > 1:
            codes = [em.program.let(c) for c in codes]
        text = _fill(template, codes, [em.param(p) for p in params])
    if weak:
        return Code(f"float({text})", ATOM, (), True)
    return Code(text, NEG if text.startswith("-") and _binds(text[1:]) == ATOM else _binds(text), actual)


def _where(em: Emitter, codes: Sequence[Code], actual: Shape) -> Code:
    c, a, b = codes
    condition = c.text if c.bool else f"{c.at(ADD)} != 0"
    text = f"np.where({condition}, {a.text}, {b.text})"
    if a.weak and b.weak:
        text += f".astype({em.dtype})"
    return Code(text, ATOM, actual)


def infix(name: str, a: Code, b: Code) -> Code:
    """The sum, difference, product or quotient of two aligned pieces of code."""
    actual, weak = join((a.actual, b.actual)), a.weak and b.weak
    sign, level = INFIX[name]
    if name == "add" and b.text.startswith("-") and b.binds == NEG:
        name, sign, b = "sub", "-", Code(b.text[1:], POW, b.actual, b.weak)
    if name == "mul" and "1" in (a.text, b.text):
        return b if a.text == "1" else a
    if name == "mul" and b.weak and not a.weak:
        a, b = b, a
    if a.text == "0" and name in ("add", "sub"):
        return b if name == "add" else scaled(b, (("*", Code("-1", NEG, (), True)),))
    if b.text == "0" and name in ("add", "sub"):
        return a
    right = {"add": ADD, "sub": MUL}.get(name, POW)
    return Code(f"{a.at(level)} {sign} {b.at(right)}", level, actual, weak)


def _power(a: Code, b: Code, actual: Shape, weak: bool) -> Code:
    if b.text == "1":
        return a
    if b.text == "2" and not weak and a.binds < ATOM:
        return Code(f"np.square({a.text})", ATOM, actual)
    if b.text in ("0.5", "1 / 2"):
        return Code(f"np.sqrt({a.text})" if not weak else f"float(np.sqrt({a.text}))", ATOM, actual, weak)
    if b.text == "-1":
        return Code(f"1 / {a.at(POW)}", MUL, actual, weak)
    return Code(f"{a.at(ATOM)} ** {b.at(NEG) if b.binds in (NEG, ATOM) else f'({b.text})'}", POW, actual, weak)


def elementwise(em: Emitter, e: Apply) -> Value:
    return combine(em, e.op, [em.code(a) for a in e.args], e.params)


def _matmul(em: Emitter, e: Apply) -> Value:
    a, b = (chain(em, x) for x in e.args)
    return Chain(a.factors + b.factors, a.scale + b.scale)


def _transpose(em: Emitter, e: Apply) -> Value:
    (a,) = e.args
    if a.ndim == 1 and not isinstance(em.values[a], Chain):
        return em.values[a]
    value = em.values[a]
    if isinstance(value, Chain):
        return Chain(tuple(transposed(em, f) for f in reversed(value.factors)), value.scale)
    return transpose(em, em.stretch(value, a.shape))


def _scales(em: Emitter, e: Expr) -> bool:
    """Whether a multiple of this node is kept as a chain with a scale."""
    value = em.values[e]
    return e.ndim in (1, 2) and (isinstance(value, Chain) or e.ndim == 1 or value.actual == e.shape)


def _mul(em: Emitter, e: Apply) -> Value:
    a, b = e.args
    if a.shape and not b.shape:
        a, b = b, a
    if not a.shape and _scales(em, b):
        s, c = em.code(a), chain(em, b)
        if s.text == "1":
            return em.values[b]
        return Chain(c.factors, (*c.scale, ("*", s)))
    for x, y in ((a, b), (b, a)):
        d = diagonal(em, x)
        if d is not None and x.shape == y.shape:
            return _diagonal_times(em, d, y)
    return elementwise(em, e)


def diagonal(em: Emitter, e: Expr) -> Code | None:
    """The vector on the diagonal of a node that is a diagonal matrix."""
    value = em.values[e]
    if isinstance(value, Chain) and len(value.factors) == 1 and value.factors[0].kind == "diagonal":
        return scaled(value.factors[0].code, value.scale)
    return None


def _diagonal_times(em: Emitter, d: Code, y: Expr) -> Value:
    n = y.shape[0]
    other = diagonal(em, y)
    if other is None:
        other = Code(f"np.diagonal({em.dense(y).text})", ATOM, (n,))
    if d.text == "1":
        product = other
    else:
        product = Code(f"{d.at(MUL)} * {other.at(POW)}", MUL, join((d.actual, other.actual)))
    return _diagonal(product, n)


def _diagonal(code: Code, n: Any) -> Chain:
    return Chain((Factor("diagonal", code, True, True, n, n),))


def _neg(em: Emitter, e: Apply) -> Value:
    (a,) = e.args
    if _scales(em, a):
        c = chain(em, a)
        return Chain(c.factors, (*c.scale, ("*", Code("-1", NEG, (), True))))
    return elementwise(em, e)


def _div(em: Emitter, e: Apply) -> Value:
    a, b = e.args
    if _scales(em, a) and not b.shape:
        c = chain(em, a)
        return Chain(c.factors, (*c.scale, ("/", em.code(b))))
    return elementwise(em, e)


def _inv(em: Emitter, e: Apply) -> Value:
    d = diagonal(em, e.args[0])
    n = e.shape[0]
    if d is not None:
        return _diagonal(Code(f"1 / {d.at(POW)}", MUL, d.actual), n)
    code = em.dense(e.args[0])
    multiplies = all(isinstance(u, Apply) and u.op.name in ("matmul", "transpose") for u in em.users.get(e, [e, None]))
    if em.uses[e] > 0 and multiplies and em.users.get(e):
        return Chain((Factor("inverse", em.program.let(code), True, True, n, n),))
    return Code(f"np.linalg.inv({code.text})", ATOM, e.shape)


def _diag(em: Emitter, e: Apply) -> Value:
    (a,) = e.args
    if a.ndim == 1:
        return _diagonal(em.code(a), a.shape[0])
    d = diagonal(em, a)
    if d is not None:
        return d
    value = em.values[a]
    if isinstance(value, Chain) and len(value.factors) == 2 and all(f.kind == "plain" for f in value.factors):
        x, y = value.factors
        if x.right and y.left and x.left and y.right:
            code = Code(f'np.einsum("ij,ji->i", {x.code.text}, {y.code.text})', ATOM, e.shape)
            return scaled(code, value.scale)
    return Code(f"np.diagonal({em.dense(a).text})", ATOM, e.shape)


def _trace(em: Emitter, e: Apply) -> Value:
    (a,) = e.args
    d = diagonal(em, a)
    if d is not None:
        return Code(f"{em.stretch(d, a.shape[:1]).at(ATOM)}.sum()", ATOM)
    value = em.values[a]
    if isinstance(value, Chain) and len(value.factors) > 1 and em.uses[a] < 2:
        from chainrule.backends.numpy_products import trace

        return trace(em, value)
    return Code(f"np.trace({em.dense(a).text})", ATOM)


def _eye(em: Emitter, e: Apply) -> Value:
    return _diagonal(Code("1", ATOM, (), True), e.shape[0])


def _call_of(make: Callable[[Emitter, Apply, list[Code]], str]) -> Callable[[Emitter, Apply], Value]:
    def lower(em: Emitter, e: Apply) -> Value:
        return Code(make(em, e, [em.dense(a) for a in e.args]), ATOM, e.shape)

    return lower


def _axes(e: Apply, keep: str = "keepdims") -> str:
    axes, kept = e.params[0], e.params[1] if len(e.params) > 1 else False
    out = ""
    if axes is not None and not (len(axes) == e.args[0].ndim and not kept):
        out = f"axis={axes[0] if len(axes) == 1 else tuple(axes)}"
    if kept:
        out += (", " if out else "") + f"{keep}=True"
    return out


def _method(name: str) -> Callable[[Emitter, Apply], Value]:
    return _call_of(lambda em, e, c: f"{c[0].at(ATOM)}.{name}({_axes(e)})" if e.args[0].shape else c[0].at(ATOM))


def _function(name: str) -> Callable[[Emitter, Apply], Value]:
    return _call_of(lambda em, e, c: f"{name}({', '.join(x for x in (c[0].text, _axes(e)) if x)})")


def _norm2(em: Emitter, e: Apply) -> Value:
    axes, x = e.params[0], em.dense(e.args[0])
    if axes is not None and len(axes) > 2:
        return Code(f"np.sqrt(np.square({x.text}).sum({_axes(e)}))", ATOM, e.shape)
    return Code(f"np.linalg.norm({', '.join(t for t in (x.text, _axes(e)) if t)})", ATOM, e.shape)


def _slice(em: Emitter, e: Apply, c: list[Code]) -> str:
    axis, start, stop = e.params
    return f"{c[0].at(ATOM)}[{':, ' * axis}{em.program.size(start)}:{em.program.size(stop)}]"


def _pair(c: list[Code]) -> str:
    return f"[{', '.join(x.text for x in c)}]"


def _gather(em: Emitter, e: Apply, c: list[Code]) -> str:
    axis = e.params[0] if e.params else 0
    return f"np.take({c[0].text}, {c[1].text}, axis={axis})"


def _einsum(em: Emitter, e: Apply) -> Value:
    from chainrule.backends.contraction import einsum

    spec = e.params[0].replace(" ", "")
    return Code(einsum(spec, [em.dense(a).text for a in e.args], [a.shape for a in e.args]), ATOM, e.shape)


def _constant(text: str) -> Callable[[Emitter, Apply], Value]:
    return lambda em, e: Code(text, ATOM, (), True)


def _kron(em: Emitter, e: Apply, c: list[Code]) -> str:
    codes = [
        f"{x.at(ATOM)}[:, None]" if a.ndim == 1 and not a.row and e.ndim == 2 else x.text
        for a, x in zip(e.args, c, strict=True)
    ]
    return f"np.kron({codes[0]}, {codes[1]})"


def _conv(name: str) -> Callable[[Emitter, Apply], Value]:
    return _call_of(
        lambda em, e, c: f"{name}({c[0].text}, {c[1].text}{''.join(', ' + em.program.size(s) for s in e.params)})"
    )


def _pool(name: str) -> Callable[[Emitter, Apply], Value]:
    return _call_of(lambda em, e, c: f"{name}({c[0].text}, {em.program.size(e.params[0])})")


CALLS: dict[str, Callable[[Emitter, Apply], Value]] = {
    "matmul": _matmul,
    "transpose": _transpose,
    "mul": _mul,
    "neg": _neg,
    "div": _div,
    "inv": _inv,
    "diag": _diag,
    "tr": _trace,
    "eye": _eye,
    "ones": _constant("1"),
    "zeros": _constant("0"),
    "sum": _method("sum"),
    "mean": _method("mean"),
    "var": _method("var"),
    "std": _method("std"),
    "max": _method("max"),
    "min": _method("min"),
    "prod": _method("prod"),
    "norm1": _call_of(lambda em, e, c: f"np.abs({c[0].text}).sum({_axes(e)})"),
    "norm2": _norm2,
    "logsumexp": _function("logsumexp"),
    "softmax": _call_of(lambda em, e, c: f"softmax({c[0].text}, axis={e.params[0]})"),
    "log_softmax": _call_of(lambda em, e, c: f"log_softmax({c[0].text}, axis={e.params[0]})"),
    "cumsum": _call_of(lambda em, e, c: f"np.cumsum({c[0].text}, axis={e.params[0]})"),
    "det": _call_of(lambda em, e, c: f"np.linalg.det({c[0].text})"),
    "logdet": _call_of(lambda em, e, c: f"logdet({c[0].text})"),
    "cholesky": _call_of(lambda em, e, c: f"cholesky({c[0].text})"),
    "vec": _call_of(lambda em, e, c: f"{c[0].at(ATOM)}.T.reshape(-1)"),
    "kron": _call_of(_kron),
    "einsum": _einsum,
    "permute": _call_of(lambda em, e, c: f"{c[0].at(ATOM)}.transpose({', '.join(map(str, e.params[0]))})"),
    "reshape": _call_of(lambda em, e, c: f"np.reshape({c[0].text}, {em.program.shape(e.shape)})"),
    "unsqueeze": _call_of(lambda em, e, c: f"np.expand_dims({c[0].text}, {e.params[0]})"),
    "slice": _call_of(_slice),
    "concat": _call_of(lambda em, e, c: f"np.concatenate({_pair(c)}, axis={e.params[0]})"),
    "stack": _call_of(lambda em, e, c: f"np.stack({_pair(c)}, axis={e.params[0]})"),
    "gather": _call_of(_gather),
    "opaque": _call_of(lambda em, e, c: f"{em.function(*e.params)}({c[0].text})"),
    "conv1d": _conv("conv1d"),
    "conv2d": _conv("conv2d"),
    "maxpool1d": _pool("maxpool1d"),
    "maxpool2d": _pool("maxpool2d"),
    "avgpool1d": _pool("avgpool1d"),
    "avgpool2d": _pool("avgpool2d"),
}


def supported(e: Apply) -> bool:
    """Whether this node can be said in NumPy as it stands."""
    if e.free and e.shape:
        return False
    if e.op.elementwise:
        return e.op.name in OPERATORS or e.op.name in FUNCTIONS or e.op.numpy is not None
    return e.op.name in CALLS or e.op.numpy is not None
