"""From one term to matrix notation: the contraction graph of a product, reduced index by index.

Vectors hang on an index, matrices join two. A bound index with two matrices is a matrix product (with a diagonal
between them if a vector hangs on it), with one a matrix–vector product, with none an inner product or a sum; matrices
that join the same two indices multiply entry by entry; a loop is a trace or a diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from chainrule.core.expr import Access, Delta, Expr, Iverson
from chainrule.core.index import Index
from chainrule.core.size import ONE
from chainrule.primitives.arithmetic import pow_p, sub_p
from chainrule.primitives.axes import cumsum_p
from chainrule.primitives.linalg import diag_p, eye_p, tr_p
from chainrule.primitives.reductions import sum_p
from chainrule.recover.build import Context, Items, cost, flip, hadamard, is_eye, multiply, narrow
from chainrule.rewrite.lift import lift, pointwise_indices, single
from chainrule.rewrite.terms import Term

U = Fraction(1)


@dataclass(slots=True)
class Matrix:
    """A matrix that joins two indices."""

    row: Index
    column: Index
    value: Expr

    def oriented(self, row: Index, cx: Context) -> Expr:
        return self.value if self.row is row else flip(self.value, cx)

    def other(self, i: Index) -> Index:
        return self.column if self.row is i else self.row


@dataclass(slots=True)
class Network:
    """The state of a reduction."""

    coeff: Fraction
    scalars: Items = field(default_factory=list)
    vectors: dict[Index, Items] = field(default_factory=dict)
    wides: dict[Expr, Expr] = field(default_factory=dict)  # vector → the size-1 matrix that it came from
    matrices: list[Matrix] = field(default_factory=list)
    bound: list[Index] = field(default_factory=list)
    delta: tuple[Index, Index] | None = None

    def copy(self) -> Network:
        return Network(
            self.coeff,
            list(self.scalars),
            {i: list(v) for i, v in self.vectors.items()},
            self.wides,
            list(self.matrices),
            list(self.bound),
            self.delta,
        )

    def hang(self, i: Index, v: Expr, x: Fraction = U) -> None:
        items = self.vectors.setdefault(i, [])
        for n, (e, y) in enumerate(items):
            if e is v:
                items[n] = (e, y + x)
                return
        items.append((v, x))

    def wide(self, v: Expr, axis: int) -> Expr | None:
        """The matrix with axis `axis` of size 1 that a vector was read from."""
        found = self.wides.get(v)
        return found if found is None or found.shape[axis] is ONE else flip(found, Context())

    def touching(self, i: Index) -> list[Matrix]:
        return [m for m in self.matrices if m.row is i or m.column is i]


def network(t: Term, cx: Context) -> Network | None:
    """The contraction graph of a term; None where a factor has no place in it."""
    net = Network(t.coeff, bound=list(t.sums))
    for f, x in t.factors.items():
        if not _place(net, f, x, cx):
            return None
    return net


def _place(net: Network, f: Expr, x: Fraction, cx: Context) -> bool:
    match f:
        case Delta(left=a, right=b):
            if a.index is None or b.index is None:
                return False
            if a.index in net.bound or b.index in net.bound or net.delta is not None:
                net.matrices.append(Matrix(a.index, b.index, eye_p(params=(a.index.size,))))
            else:
                net.delta = (a.index, b.index)
            return True
        case Iverson():
            return _place_predicate(net, f)
        case Access(tensor=t, subs=subs):
            if t.free:
                return False
            plain = [s.index for s in subs]
            axes = [i for i in plain if i is not None]
            if len(axes) != sum(n is not ONE for n in t.shape):
                return False
            return _place_entry(net, t, axes, x, cx)
        case _ if not f.free:
            net.scalars.append((lift(f, ()) if pointwise_indices(f) == () else f, x))
            return True
        case _:
            return False


def _place_entry(net: Network, t: Expr, axes: list[Index], x: Fraction, cx: Context) -> bool:
    if not axes:
        net.scalars.append((single(t), x))
        return True
    if t.ndim > 2:
        return False
    if len(axes) == 1:
        v = t
        if t.ndim == 2:
            v = narrow(t)
            net.wides[v] = t
        net.hang(axes[0], flip(v, cx) if v.row else v, x)
        return True
    value = t if x == 1 else pow_p(t, _number(x))
    net.matrices.append(Matrix(axes[0], axes[1], value))
    return True


def _number(x: Fraction) -> Expr:
    from chainrule.core.expr import const

    return const(x)


def _place_predicate(net: Network, f: Iverson) -> bool:
    """[i ≥ j] is a triangle of ones."""
    if len(f.value.terms) != 2:
        return False
    found: dict[int, Index] = {}
    for a, c in f.value.terms:
        if not isinstance(a, Index) or c.constant not in (1, -1):
            return False
        found[c.constant] = a
    if len(found) != 2 or found[1].size is not found[-1].size or f.value.constant.constant not in (0, -1):
        return False
    eye = eye_p(params=(found[1].size,))
    lower = cumsum_p(eye, params=(0,))
    value = lower if f.value.constant.constant == 0 else sub_p(lower, eye)
    net.matrices.append(Matrix(found[1], found[-1], value))
    return True


def reduce(net: Network, cx: Context) -> Network | None:
    """The network with every bound index gone, in the order that costs least; None where one cannot go."""
    return _reduce(net, cx, 24 if cx.search else 1)[0]


def _reduce(net: Network, cx: Context, budget: int) -> tuple[Network | None, int]:
    net = net.copy()
    while True:
        _merge(net, cx)
        easy = next((k for k in net.bound if _ends(net, k) < 2), None)
        if easy is not None:
            _eliminate(net, easy, cx)
            continue
        candidates = [k for k in net.bound if len(net.touching(k)) == 2]
        if not candidates:
            return (None if net.bound else net), budget
        if len(candidates) == 1 or budget <= 1:
            _eliminate(net, candidates[0], cx)
            continue
        best: Network | None = None
        for k in candidates:
            trial = net.copy()
            _eliminate(trial, k, cx)
            done, budget = _reduce(trial, cx, budget - 1)
            if done is not None and (best is None or _cost(done, cx) < _cost(best, cx)):
                best = done
            if budget <= 1:
                break
        return best, budget


def _ends(net: Network, k: Index) -> int:
    return sum((m.row is k) + (m.column is k) for m in net.matrices)


def _cost(net: Network, cx: Context) -> int:
    parts = [e for e, _ in net.scalars] + [m.value for m in net.matrices]
    parts += [e for items in net.vectors.values() for e, _ in items]
    seen = set(cx.known)
    total = 0
    for p in parts:
        total += cost(p, frozenset(seen))
        seen.add(p)
    return total


def _merge(net: Network, cx: Context) -> None:
    """Loops become traces and diagonals; matrices that join the same two indices become one."""
    out: list[Matrix] = []
    for m in net.matrices:
        if m.row is m.column:
            if is_eye(m.value):
                continue
            alone = m.row in net.bound and not net.vectors.get(m.row) and _ends(net, m.row) == 2
            if alone:
                net.scalars.append((tr_p(m.value), U))
                net.bound.remove(m.row)
            else:
                net.hang(m.row, diag_p(m.value))
            continue
        twin = next((o for o in out if {o.row, o.column} == {m.row, m.column}), None)
        if twin is None:
            out.append(m)
        else:
            joined = hadamard([(twin.value, U), (m.oriented(twin.row, cx), U)])
            assert joined is not None
            out[out.index(twin)] = Matrix(twin.row, twin.column, joined)
    net.matrices = out


def _eliminate(net: Network, k: Index, cx: Context) -> None:
    items = net.vectors.pop(k, [])
    here = net.touching(k)
    net.matrices = [m for m in net.matrices if m not in here]
    net.bound.remove(k)
    if not here:
        net.scalars.append((inner(items, cx), U))
    elif len(here) == 1:
        m = here[0]
        other = m.other(k)
        net.hang(other, times_vector(m, k, items, cx))
    else:
        a, b = here
        between = hadamard(items)
        i, j = a.other(k), b.other(k)
        value = _joined(a.oriented(i, cx), between, b.oriented(k, cx), cx)
        back = _joined(b.oriented(j, cx), between, a.oriented(k, cx), cx)
        if _flips(back) < _flips(value):
            net.matrices.append(Matrix(j, i, back))
        else:
            net.matrices.append(Matrix(i, j, value))


def _joined(a: Expr, between: Expr | None, b: Expr, cx: Context) -> Expr:
    if between is not None:
        a = multiply(a, diag_p(between), cx)
    return multiply(a, b, cx)


def _flips(e: Expr) -> int:
    from chainrule.primitives.arithmetic import transpose_p
    from chainrule.rewrite.facts import chain

    return sum(flipped for _, flipped in chain(e)) if e.ndim == 2 else isinstance(e, type(transpose_p))


def inner(items: Items, cx: Context) -> Expr:
    """Σ_k of a product of vectors: an inner product, or the sum of a vector."""
    whole = [(e, x) for e, x in items if x >= 1]
    if len(items) == 1 and items[0][1] == 1:
        return _sum_vector(items[0][0], cx)
    if len(items) == 1 and items[0][1] == 2:
        return multiply(flip(items[0][0], cx), items[0][0], cx)
    if not whole:
        body = hadamard(items)
        assert body is not None
        return sum_p(body, params=(None, False))
    first = next((p for p in whole if p[1] == 1), whole[0])
    rest = [(e, x - 1 if e is first[0] else x) for e, x in items]
    body = hadamard([(e, x) for e, x in rest if x])
    assert body is not None
    left, right = first[0], body
    return multiply(flip(left, cx), right, cx)


def _sum_vector(v: Expr, cx: Context) -> Expr:
    """The sum of a vector; of a matrix summed along an axis, the sum of the matrix."""
    from chainrule.core.expr import Apply

    if isinstance(v, Apply) and v.op is sum_p and v not in cx.known and v.args[0].ndim == 2:
        return sum_p(v.args[0], params=(None, False))
    return sum_p(v, params=(None, False))


def times_vector(m: Matrix, k: Index, items: Items, cx: Context) -> Expr:
    """Σ_k M_ik v_k as a column."""
    v = hadamard(items)
    if v is None:
        return sum_p(m.value, params=((1 if m.column is k else 0,), False))
    return multiply(m.oriented(m.other(k), cx), v, cx)
