"""Derivatives of a matrix by a matrix as one matrix: ∂vec Y/∂vec X with Kronecker products, vec stacking columns.

A term A_ik B_jl, which joins row to row and column to column, is B ⊗ A; a matrix on the output's or the variable's own
axes scales rows or columns. Source: Magnus & Neudecker, Matrix Differential Calculus, ch. 9.
"""

from __future__ import annotations

from chainrule.core.expr import Expr, const
from chainrule.core.index import Index
from chainrule.core.size import ONE
from chainrule.primitives.arithmetic import transpose_p
from chainrule.primitives.linalg import diag_p, eye_p, kron_p, vec_p
from chainrule.recover.build import Context, is_eye, multiply, ones
from chainrule.recover.factor import Piece, assemble
from chainrule.recover.matrix import matrix_form, piece, shaped
from chainrule.rewrite.terms import Term, Terms


def vec_form(terms: Terms, out: tuple[Index, ...], into: tuple[Index, ...], cx: Context) -> Expr | None:
    """∂vec Y/∂vec X, or None where a term does not split into a row part and a column part."""
    if len(out) > 2 or len(into) > 2 or len(out) + len(into) < 3 or not terms:
        return None
    out, into = _long(out), _long(into)
    if len(out) + len(into) == 2:
        return matrix_form(terms, (*out, *into), cx)
    pieces: list[Piece] = []
    for t in terms:
        p = _split(t, out, into, cx)
        if p is None:
            return None
        pieces.append(p)
    return assemble(pieces, cx).expr(cx)


def _long(axes: tuple[Index, ...]) -> tuple[Index, ...]:
    """The axes without those of size 1, which change nothing when columns are stacked."""
    return tuple(i for i in axes if i.size is not ONE) or axes[:1]


def _split(t: Term, out: tuple[Index, ...], into: tuple[Index, ...], cx: Context) -> Piece | None:
    row_out, column_out = out[0], out[1] if len(out) == 2 else None
    row_in, column_in = into[0], into[1] if len(into) == 2 else None
    sides: dict[str, dict[Expr, object]] = {"rows": {}, "columns": {}, "out": {}, "in": {}, "none": {}}
    sums: dict[str, list[Index]] = {name: [] for name in sides}
    for factors, bound in components(t):
        ends = {i for f in factors for i in f.free} & {*out, *into}
        name = _side(ends, row_out, column_out, row_in, column_in)
        if name is None:
            return None
        sides[name].update({f: t.factors[f] for f in factors})
        sums[name] += bound
    one = t.scaled(1 / t.coeff)

    def part(name: str, axes: tuple[Index, ...]) -> Piece | None:
        if not sides[name]:
            return None
        return piece(Term(one.coeff, dict(sides[name]), tuple(sums[name])), axes, cx)  # type: ignore[arg-type]

    left = part("rows", (row_out, row_in))
    right_axes = tuple(i for i in (column_out, column_in) if i is not None)
    right = part("columns", right_axes)
    if (sides["rows"] and left is None) or (sides["columns"] and right is None):
        return None
    a = shaped(left.expr(cx), (row_out, row_in)) if left else ones(row_out.size, row_in.size)
    b = shaped(right.expr(cx), right_axes) if right else ones(*(i.size for i in right_axes))
    b = _placed(b, column_out, column_in)
    body = _kron(b, a)
    for name, axes, before in (("out", out, True), ("in", into, False)):
        if not sides[name]:
            continue
        p = part(name, axes)
        if p is None:
            return None
        scale = shaped(p.expr(cx), axes)
        d = diag_p(vec_p(scale)) if scale.ndim == 2 else diag_p(scale)
        body = multiply(d, body, cx) if before else multiply(body, d, cx)
    scalar = part("none", ())
    if sides["none"] and scalar is None:
        return None
    scalars = scalar.scalars if scalar else ()
    coeff = scalar.coeff if scalar else one.coeff
    return Piece(t.coeff * coeff, scalars, ((body, const(1).value),))  # type: ignore[attr-defined]


def _kron(b: Expr, a: Expr) -> Expr:
    if is_eye(a) and is_eye(b):
        return eye_p(params=(a.shape[0] * b.shape[0],))
    return kron_p(b, a)


def _placed(e: Expr, column_out: Index | None, column_in: Index | None) -> Expr:
    """The column part as a matrix: a row where the output has no columns, a column where the variable has none."""
    if column_out is None and column_in is not None and e.ndim == 1:
        return transpose_p(e)
    return e


def _side(
    ends: set[Index], row_out: Index, column_out: Index | None, row_in: Index, column_in: Index | None
) -> str | None:
    if not ends:
        return "none"
    if ends <= {row_out, row_in} and (len(ends) == 2 or ends == {row_out} or ends == {row_in}):
        if len(ends) == 2:
            return "rows"
        return (
            "out"
            if ends == {row_out} and column_out is None
            else "in"
            if ends == {row_in} and column_in is None
            else "rows"
        )
    if ends <= {column_out, column_in}:
        return "columns"
    if ends == {row_out, column_out}:
        return "out"
    if ends == {row_in, column_in}:
        return "in"
    return None


def components(t: Term) -> list[tuple[list[Expr], list[Index]]]:
    """The factors of a term in groups that share bound indices, with those indices."""
    groups: list[tuple[list[Expr], set[Index]]] = []
    bound = set(t.sums)
    for f in t.factors:
        touched = set(f.free) & bound
        joined: list[Expr] = [f]
        rest: list[tuple[list[Expr], set[Index]]] = []
        for factors, indices in groups:
            if indices & touched:
                joined = factors + joined
                touched |= indices
            else:
                rest.append((factors, indices))
        groups = [*rest, (joined, touched)]
    return [(factors, [k for k in t.sums if k in indices]) for factors, indices in groups]
