"""Building surface expressions as a person writes them: transposes pushed in, chains flat, no needless ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from chainrule.core.expr import Apply, Const, Expr, SizeValue, Var, const, intern
from chainrule.core.graph import children, rebuild, walk
from chainrule.core.size import ONE, Size
from chainrule.primitives.arithmetic import (
    HIGHEST_POWER,
    div_p,
    matmul_p,
    matpow_p,
    mul_p,
    neg_p,
    pow_p,
    sub_p,
    transpose_p,
)
from chainrule.primitives.axes import reshape_p, unsqueeze_p
from chainrule.primitives.linalg import diag_p, eye_p, ones_p
from chainrule.primitives.reductions import mean_p, sum_p
from chainrule.rewrite import facts

Items = list[tuple[Expr, Fraction]]
FREE = frozenset({"transpose", "eye", "ones", "zeros"})


def always(v: Expr) -> bool:
    return True


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What recovery may use: nodes that are there anyway, and the variables whose facts may be used."""

    known: frozenset[Expr] = frozenset()
    use: Callable[[Expr], bool] = field(default=always)
    search: bool = True
    turn: bool = False  # whether −(a − b) may be written b − a
    reuse: bool = False  # whether a term may use what the terms before it made

    def symmetric(self, e: Expr) -> bool:
        return facts.symmetric(e) and all(self.use(v) for v in e.variables)


def cost(e: Expr, known: frozenset[Expr]) -> int:
    """How many operations the expression adds to what is known: shared nodes count once, transposes nothing."""
    seen: set[Expr] = set()
    stack, total = [e], 0
    while stack:
        node = stack.pop()
        if node in seen or node in known:
            continue
        seen.add(node)
        if isinstance(node, Apply):
            total += node.op.name not in FREE
            stack += node.args
    return total


def is_eye(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op is eye_p


def flip(e: Expr, cx: Context) -> Expr:
    """The transpose, pushed into products and dropped where it changes nothing."""
    if e.ndim < 1:
        return e
    if isinstance(e, Apply):
        if e.op is transpose_p:
            return e.args[0]
        if is_diagonal(e) or e.op is eye_p:
            return e
        if e.op is matmul_p and e not in cx.known:
            a, b = e.args
            return multiply(flip(b, cx), flip(a, cx), cx)
        if e.op is ones_p and e.ndim == 2:
            return ones_p(params=e.params[::-1])
    if cx.symmetric(e):
        return e
    return transpose_p(e)


def multiply(a: Expr, b: Expr, cx: Context) -> Expr:
    """The matrix product, flat from the left, with identities dropped and diagonals joined."""
    if is_eye(a):
        return b
    if is_eye(b):
        return a
    if isinstance(a, Apply) and a.op is matmul_p and a.args[1].ndim == 2 and is_diagonal(a.args[1]) and is_diagonal(b):
        return multiply(a.args[0], multiply(a.args[1], b, cx), cx)
    if is_diagonal(a) and is_diagonal(b):
        return diag_p(mul_p(a.args[0], b.args[0]))  # type: ignore[attr-defined]
    if isinstance(b, Apply) and b.op is matmul_p and b not in cx.known and b.args[0].ndim + b.args[1].ndim > 2:
        return multiply(multiply(a, b.args[0], cx), b.args[1], cx)
    return matmul_p(a, b)


def is_diagonal(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op is diag_p and e.ndim == 2


def hadamard(items: Items) -> Expr | None:
    """The elementwise product of items with exponents; None for the empty one."""
    if len(items) == 1 and items[0][1] < -1:
        return pow_p(items[0][0], const(items[0][1]))
    over = [_power(e, x) for e, x in items if x > 0]
    under = [_power(e, -x) for e, x in items if x < 0]
    if not over and not under:
        return None
    out = over[0] if over else const(1)
    for e in over[1:]:
        out = mul_p(out, e)
    if under:
        below = under[0]
        for e in under[1:]:
            below = mul_p(below, e)
        out = div_p(out, below)
    return out


def _power(e: Expr, x: Fraction) -> Expr:
    return e if x == 1 else pow_p(e, const(x))


def scale(e: Expr, c: Expr, cx: Context) -> Expr:
    """The product with a scalar, put where a person puts it: before the first factor."""
    if isinstance(e, Apply) and e not in cx.known:
        if e.op is matmul_p and not is_eye(e.args[0]):
            return matmul_p(scale(e.args[0], c, cx), e.args[1])
        if e.op is div_p and isinstance(e.args[0], Const) and e.args[0].value == 1:
            return div_p(c, e.args[1])
        if e.op in (mul_p, div_p) and (e.args[0].shape == e.shape):
            return e.op(scale(e.args[0], c, cx), *e.args[1:])
    return mul_p(c, e)


def negate(e: Expr, cx: Context) -> Expr:
    """−e, with the sign where a person puts it: a difference turned round, else before the first factor."""
    turned = _turned(e, cx) if cx.turn else None
    if turned is not None:
        return turned
    if isinstance(e, Apply) and e not in cx.known:
        if e.op is neg_p:
            return e.args[0]
        if e.op is matmul_p:
            return matmul_p(negate(e.args[0], cx), e.args[1])
        if e.op in (mul_p, div_p):
            return e.op(negate(e.args[0], cx), *e.args[1:])
    return neg_p(e)


def _turned(e: Expr, cx: Context) -> Expr | None:
    """−e by turning a difference a − b that is one of its factors into b − a."""
    if not isinstance(e, Apply):
        return None
    if e.op is sub_p:
        return sub_p(*e.args[::-1])
    if e in cx.known or e.op not in (matmul_p, mul_p, div_p, transpose_p, diag_p):
        return None
    for n, a in enumerate(e.args):
        new = _turned(a, cx)
        if new is not None and not (e.op is div_p and n == 1):
            return e.op(*e.args[:n], new, *e.args[n + 1 :], params=e.params)
    return None


def decimal(c: Fraction) -> bool:
    """Whether a fraction is a short decimal number."""
    d = c.denominator
    while d % 2 == 0:
        d //= 2
    while d % 5 == 0:
        d //= 5
    return d == 1 and (c.denominator <= 1000 or c.numerator != 1)


def scaled(body: Expr | None, c: Fraction, scalars: Items, cx: Context) -> Expr:
    """coefficient · scalars · body as it is written: 0.5*a*B/(k*t)."""
    over = [(s, x) for s, x in scalars if x > 0]
    under = [(s, -x) for s, x in scalars if x < 0]
    size = abs(c)
    if decimal(size):
        top, bottom = size, Fraction(1)
    else:
        top, bottom = Fraction(size.numerator), Fraction(size.denominator)
    under = _sizes_joined(under)
    factor = hadamard(over)
    if body is None:
        body, factor = factor, None
    if body is None:
        body = const(top)
    elif top != 1:
        body = scale(body, const(top) if factor is None else scale(factor, const(top), cx), cx)
    elif factor is not None:
        body = scale(body, factor, cx)
    if bottom != 1:
        under.insert(0, (const(bottom), Fraction(1)))
    if under:
        below = hadamard(under)
        assert below is not None
        body = div_p(body, below)
    return negate(body, cx) if c < 0 else body


def _sizes_joined(items: Items) -> Items:
    """1/(m n) with m n as one size."""
    sizes = [e for e, x in items if isinstance(e, SizeValue) and x == 1]
    if len(sizes) < 2:
        return items
    whole = ONE
    for s in sizes:
        whole = whole * s.size
    return [*(p for p in items if p[0] not in sizes), (size_value(whole), Fraction(1))]


def size_value(n: Size) -> Expr:
    return const(n.constant) if n.constant is not None else intern(SizeValue, n)


def ones(*sizes: Size) -> Expr:
    return ones_p(params=tuple(sizes))


def narrow(wide: Expr) -> Expr:
    """The vector in a matrix with one axis of size 1."""
    axis = 0 if wide.shape[0] is ONE else 1
    if isinstance(wide, Apply):
        if wide.op is unsqueeze_p and wide.params == (axis,):
            v = wide.args[0]
            return flip(v, Context()) if v.row else v
        if wide.params and wide.params[-1:] == (True,) and wide.params[0] == (axis,) and wide.args[0].ndim == 2:
            return wide.op(*wide.args, params=((axis,), False))
        if wide.op.elementwise and all(not a.shape or a.shape == wide.shape for a in wide.args):
            return wide.op(*(narrow(a) if a.shape else a for a in wide.args), params=wide.params)
    return reshape_p(wide, params=(tuple(n for n in wide.shape if n is not ONE) or (ONE,),))


def widen(v: Expr, axis: int, cx: Context) -> tuple[Expr, bool]:
    """A vector as a matrix whose axis `axis` has size 1, and whether that costs nothing."""
    if isinstance(v, Apply) and v.op in (sum_p, mean_p) and v.args[0].ndim == 2 and v.params == ((axis,), False):
        return v.op(v.args[0], params=((axis,), True)), True
    wide = unsqueeze_p(v, params=(axis,))
    return wide, wide in cx.known


def variables_known(roots: Sequence[Expr]) -> frozenset[Expr]:
    """Every node of the expressions that is worth using again."""
    return frozenset(n for n in walk(*roots) if isinstance(n, (Apply, Var)) and not n.free)


def powers(e: Expr, cx: Context) -> Expr:
    """The expression with runs of three and more equal factors of a matrix product as a power: X'*X'*X' is (X')^3."""
    done: dict[Expr, Expr] = {}
    for node in walk(e):
        kids = {c: done[c] for c in children(node)}
        new = node if all(a is b for a, b in kids.items()) else rebuild(node, kids)
        if isinstance(new, Apply) and new.op is matmul_p and new.ndim == 2:
            new = _with_powers(new)
        done[node] = new
    return done[e]


def _with_powers(e: Apply) -> Expr:
    parts: list[Expr] = []
    stack: list[Expr] = [e]
    while stack:
        node = stack.pop()
        if isinstance(node, Apply) and node.op is matmul_p:
            stack += reversed(node.args)
        else:
            parts += _repeated(node)
    out: list[Expr] = []
    while parts:
        lead = parts[0]
        scalar: Expr | None = None
        if isinstance(lead, Apply) and lead.op is mul_p and not lead.args[0].shape and lead.args[1] in parts[1:2]:
            scalar, lead = lead.args
        run = 1
        while run < len(parts) and parts[run] is lead:
            run += 1
        if run < 3:
            out.append(parts.pop(0))
            continue
        if isinstance(lead, Apply) and lead.op is transpose_p:
            power = transpose_p(matpow_p(lead.args[0], params=(run,)))
        else:
            power = matpow_p(lead, params=(run,))
        out.append(power if scalar is None else mul_p(scalar, power))
        parts = parts[run:]
    whole = out[0]
    for p in out[1:]:
        whole = matmul_p(whole, p)
    return whole


def _repeated(e: Expr) -> list[Expr]:
    """A power, with a scalar before it or transposed, as its factors; other factors as they are."""
    if isinstance(e, Apply) and e.op is mul_p and not e.args[0].shape:
        first, *more = _repeated(e.args[1])
        return [mul_p(e.args[0], first), *more] if more else [e]
    flipped = isinstance(e, Apply) and e.op is transpose_p
    inner = e.args[0] if isinstance(e, Apply) and flipped else e
    if not (isinstance(inner, Apply) and inner.op is matpow_p and 0 < inner.params[0] <= HIGHEST_POWER):
        return [e]
    return [transpose_p(inner.args[0]) if flipped else inner.args[0]] * inner.params[0]


def split(e: Expr, cx: Context) -> Items:
    """The factors of a product entry by entry, each once."""
    found: Items = []
    stack = [(e, Fraction(1))]
    while stack:
        a, x = stack.pop()
        if isinstance(a, Apply) and a.op in (mul_p, div_p) and a not in cx.known and _alike(a):
            stack += [(a.args[1], x if a.op is mul_p else -x), (a.args[0], x)]
        else:
            found.append((a, x))
    return joined(found)


def joined(items: Items) -> Items:
    """The items, each once with the sum of its exponents."""
    out: dict[Expr, Fraction] = {}
    for e, x in items:
        out[e] = out.get(e, Fraction(0)) + x
    return [(e, x) for e, x in out.items() if x]


def _alike(e: Apply) -> bool:
    return all(a.shape == e.shape for a in e.args)
