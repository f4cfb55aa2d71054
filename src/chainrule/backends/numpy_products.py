"""Chains of matrix products: in the cheapest order, with solves for inverses and scaling for diagonals."""

from __future__ import annotations

from chainrule.backends.numpy_code import Chain, Emitter, Factor
from chainrule.backends.plan import ADD, ATOM, MUL, NEG, POW, Code
from chainrule.core.expr import Expr, Shape
from chainrule.core.size import ONE, Size

TYPICAL = 1000  # what a named size is taken to be when orders are compared


def typical(s: Size) -> int:
    """A size to reckon with: 1 for what has no axis, the number itself, large for a name."""
    if s.constant is not None:
        return max(s.constant, 1)
    return max(s.evaluate(dict.fromkeys(s.names, TYPICAL)), 1)


def factor(em: Emitter, e: Expr) -> Factor:
    """A vector or matrix as a factor."""
    code = em.code(e)
    if e.ndim == 1 and not code.actual:
        left, right = not e.row, e.row
        n = e.shape[0]
        return Factor("ones", code, left, right, n if left else ONE, n if right else ONE)
    return plain(em.stretch(code, e.shape), e.shape, e.row)


def plain(code: Code, shape: Shape, row: bool) -> Factor:
    if len(shape) == 2:
        return Factor("plain", code, True, True, *shape)
    if not shape:
        return Factor("plain", code, False, False, ONE, ONE)
    n = shape[0]
    return Factor("plain", code, not row, row, ONE if row else n, n if row else ONE)


def chain(em: Emitter, e: Expr) -> Chain:
    """A node as the chain it is, or as a chain of one factor."""
    value = em.values[e]
    if isinstance(value, Chain):
        return value
    if not e.shape:
        return Chain((plain(value, (), False),))
    if e.ndim == 1 and not value.actual:
        f = factor(em, e)
        one = Code("1", ATOM, (), True)
        scale = () if value.text == "1" else (("*", value),)
        return Chain((Factor("ones", one, f.left, f.right, f.rows, f.cols),), scale)
    return Chain((factor(em, e),))


def transposed(em: Emitter, f: Factor) -> Factor:
    code = f.code
    if f.left and f.right and f.kind != "diagonal":
        code = transpose(em, code)
    return Factor(f.kind, code, f.right, f.left, f.cols, f.rows)


def transpose(em: Emitter, code: Code) -> Code:
    if code.text.endswith(".T") and code.text[:-2].isidentifier():
        return Code(code.text[:-2], ATOM, code.actual[::-1])
    if not code.text.isidentifier():
        code = em.program.let(code)
    return Code(f"{code.text}.T", ATOM, code.actual[::-1])


def render(em: Emitter, c: Chain) -> Code:
    """Code for the product of a chain."""
    factors = list(c.factors)
    if len(factors) == 1 and factors[0].kind == "ones":
        return scaled(Code("1", ATOM, (), True), c.scale)
    product = _associate(em, factors)
    if product.kind != "plain":
        product = _materialise(em, product)
    return scaled(product.code, c.scale)


def scaled(code: Code, scale: tuple[tuple[str, Code], ...]) -> Code:
    """`code` times and divided by scalars, the numbers in front."""
    sign, front, below = 1, [], []
    for kind, s in scale:
        if kind == "/":
            below.append(s)
        elif s.text == "-1":
            sign = -sign
        elif s.text.startswith("-") and s.binds == NEG:
            sign = -sign
            front.append(Code(s.text[1:], ATOM, (), s.weak))
        else:
            front.append(s)
    front.sort(key=lambda s: not s.weak)
    parts = [s for s in front if s.text != "1"]
    weak = code.weak and all(s.weak for _, s in scale)
    if code.text == "1" and parts:
        code = parts.pop()
    if not parts and not below:
        return code if sign > 0 else Code(f"-{code.at(NEG)}", NEG, code.actual, weak)
    text = " * ".join([s.at(POW if k else MUL) for k, s in enumerate([*parts, code])])
    text += "".join(f" / {s.at(POW)}" for s in below)
    return Code(f"-{text}" if sign < 0 else text, MUL if sign > 0 else ADD, code.actual, weak)


def _associate(em: Emitter, factors: list[Factor]) -> Factor:
    if len(factors) > 24:
        return _from_an_end(em, factors)
    n = len(factors)
    sides = [typical(f.rows) for f in factors] + [typical(factors[-1].cols)]
    best: dict[tuple[int, int], tuple[float, int]] = {(k, k): (0.0, k) for k in range(n)}
    for width in range(1, n):
        for i in range(n - width):
            j = i + width
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + _cost(factors, sides, i, k, j), -k) for k in range(i, j)
            )
    built: dict[tuple[int, int], Factor] = {(k, k): f for k, f in enumerate(factors)}
    stack = [(0, n - 1)]
    while stack:
        i, j = stack[-1]
        if (i, j) in built:
            stack.pop()
            continue
        k = -best[i, j][1]
        todo = [p for p in ((i, k), (k + 1, j)) if p not in built]
        if todo:
            stack.extend(todo)
            continue
        built[i, j] = _multiply(em, built[i, k], built[k + 1, j])
        stack.pop()
    return built[0, n - 1]


def _cost(factors: list[Factor], sides: list[int], i: int, k: int, j: int) -> float:
    outer = sides[i] * sides[j + 1]
    if (i == k and factors[i].kind == "diagonal") or (k + 1 == j and factors[j].kind == "diagonal"):
        return float(outer)
    return float(outer) * sides[k + 1]


def _from_an_end(em: Emitter, factors: list[Factor]) -> Factor:
    if factors[-1].right or not factors[0].left:
        out = factors[0]
        for f in factors[1:]:
            out = _multiply(em, out, f)
        return out
    out = factors[-1]
    for f in reversed(factors[:-1]):
        out = _multiply(em, f, out)
    return out


def _multiply(em: Emitter, a: Factor, b: Factor) -> Factor:
    code = _product(em, a, b)
    if len(code.text) > 64:
        code = em.program.let(code)
    kind = "plain"
    if a.kind == "diagonal" and b.kind == "diagonal":
        kind = "diagonal"
    return Factor(kind, code, a.left, b.right, a.rows, b.cols)


def _product(em: Emitter, a: Factor, b: Factor) -> Code:
    shape = (a.rows,) * a.left + (b.cols,) * b.right
    if a.kind == "diagonal" and b.kind == "diagonal":
        return Code(f"{a.code.at(MUL)} * {b.code.at(POW)}", MUL, a.code.actual or b.code.actual)
    if a.kind == "diagonal":
        v = a.code
        left = index(v, "[:, None]") if b.right and v.actual else v.at(MUL)
        x = _plain(em, b)
        return Code(f"{left} * {x.at(POW)}", MUL, shape)
    if b.kind == "diagonal":
        return Code(f"{_plain(em, a).at(MUL)} * {b.code.at(POW)}", MUL, shape)
    if not a.right:
        return _outer(em, a, b, shape)
    if a.kind == "ones" and b.kind == "ones":
        return Code(em.program.size(a.cols, ATOM), ATOM, (), True)
    if a.kind == "ones":
        return Code(f"{_plain(em, b).at(ATOM)}.sum({'axis=0' if b.right else ''})", ATOM, shape)
    if b.kind == "ones":
        return Code(f"{_plain(em, a).at(ATOM)}.sum({'axis=1' if a.left else ''})", ATOM, shape)
    if a.kind == "inverse":
        return Code(f"np.linalg.solve({a.code.text}, {_plain(em, b).text})", ATOM, shape)
    if b.kind == "inverse":
        x, m = _plain(em, a), transpose(em, b.code)
        if not a.left:
            return Code(f"np.linalg.solve({m.text}, {x.text})", ATOM, shape)
        return Code(f"np.linalg.solve({m.text}, {x.at(ATOM)}.T).T", ATOM, shape)
    # `@` takes from the left: a product on the right keeps its parentheses
    return Code(f"{_plain(em, a).at(MUL)} @ {_plain(em, b).at(POW)}", MUL, shape)


def index(code: Code, subs: str) -> str:
    return f"{code.at(ATOM)}{subs}"


def _plain(em: Emitter, f: Factor) -> Code:
    if f.kind != "plain":
        return _materialise(em, f).code
    return em.stretch(f.code, (f.rows,) * f.left + (f.cols,) * f.right)


def _outer(em: Emitter, a: Factor, b: Factor, shape: Shape) -> Code:
    """A column times a row; ones stretch by themselves."""
    if a.kind == "ones" and b.kind == "ones":
        return Code("1", ATOM, (), True)
    if a.kind == "ones":
        return b.code
    left = index(a.code, "[:, None]") if a.left and b.right else a.code.at(MUL)
    if b.kind == "ones":
        return Code(left, ATOM, (a.rows, ONE) if b.right and a.left else shape)
    return Code(f"{left} * {b.code.at(POW)}", MUL, shape)


def _materialise(em: Emitter, f: Factor) -> Factor:
    match f.kind:
        case "inverse":
            code = Code(f"np.linalg.inv({f.code.text})", ATOM, (f.rows, f.cols))
        case "diagonal" if not f.code.actual:
            eye = f"np.eye({em.program.size(f.rows)}, dtype={em.dtype})"
            code = Code(eye if f.code.text == "1" else f"{f.code.at(MUL)} * {eye}", ATOM if f.code.text == "1" else MUL)
        case "diagonal":
            code = Code(f"np.diag({f.code.text})", ATOM)
        case "ones":
            n = f.rows if f.left else f.cols
            code = em.stretch(f.code, (n,))
        case _:
            return f
    shape = (f.rows,) * f.left + (f.cols,) * f.right
    return Factor("plain", Code(code.text, code.binds, shape), f.left, f.right, f.rows, f.cols)


def trace(em: Emitter, c: Chain) -> Code:
    """The trace of a chain: rotated so that its cheapest product closes the circle, which is never formed."""
    factors = list(c.factors)
    ends = [k for k in range(len(factors)) if typical(factors[k].rows) == min(typical(f.rows) for f in factors)]
    factors = factors[ends[0] :] + factors[: ends[0]]
    if not factors[0].left:  # a row … a column: the chain is a scalar
        return scaled(_plain(em, _associate(em, factors)), c.scale)
    left, right = _associate(em, factors[:-1]), factors[-1]
    if left.left and left.right and right.left and right.right:
        a, b = em.program.let(_plain(em, left)), _plain(em, right)
        return scaled(Code(f'np.einsum("ij,ji->", {a.text}, {b.text})', ATOM), c.scale)
    return scaled(Code(f"np.trace({_plain(em, _multiply(em, left, right)).text})", ATOM), c.scale)
