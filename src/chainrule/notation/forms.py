"""One expression in its four forms: matrix, index, element and einsum."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.core.expr import Access, Apply, Array, Expr, SizeValue, Sum, access, intern
from chainrule.core.graph import walk
from chainrule.core.index import Index, fresh
from chainrule.errors import ChainruleError, ShapeError
from chainrule.notation.latex import to_latex
from chainrule.notation.naming import Names, hints as hints_of, plan
from chainrule.notation.pretty import pretty
from chainrule.notation.text import to_text
from chainrule.recover.einsum import contraction
from chainrule.rewrite.collecting import collect
from chainrule.rewrite.sifting import sift, sizes_out
from chainrule.rewrite.terms import Term, Terms, expr_of, terms_of

FORMS = ("matrix", "index", "element", "einsum")
_SUMS = ("add", "sub")
_RENAMING = ("transpose", "permute", "unsqueeze", "ones", "zeros")
_SIMPLE = (*_SUMS, "ones", "zeros")
MOST_TERMS, MOST_DEPTH = 64, 60


def text(e: Expr, form: str = "matrix", hints: Mapping[Expr, str] | None = None) -> str:
    """The expression as text.

    form: "matrix", a program of the language; "index", one with subscripts, of which the free letters are the axes;
    "element", one entry for reading, as in x_i y_j; "einsum", contractions (the index form where there are none).

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> e = parse("A*x + b", given="A: m n; x: n; b: m")
        >>> text(e, "index")
        'sum[k](A[i, k]*x[k]) + b[i]'
        >>> text(e, "element")
        'Σ_k A_ik x_k + b_i'
        >>> text(e, "einsum")
        'einsum("ij,j->i", A, x) + einsum("i->i", b)'

    """
    e, names = _in_form(e, form, hints)
    return pretty(e, names) if form == "element" else to_text(e, names)


def latex(e: Expr, form: str = "matrix", hints: Mapping[Expr, str] | None = None) -> str:
    """The expression in LaTeX, in the forms of `text`."""
    e, names = _in_form(e, form, hints)
    return to_latex(e, names)


def _in_form(e: Expr, form: str, hints: Mapping[Expr, str] | None) -> tuple[Expr, Mapping[Expr, str]]:
    if form not in FORMS:
        raise ChainruleError(f"there is no form {form!r}", hint=", ".join(FORMS))
    hints = hints_of(e) if hints is None else hints
    if form == "matrix":
        return e, hints
    names = Names({**plan(e, hints).names})
    names.avoid = getattr(hints, "avoid", frozenset[str]())
    letters, terms = unfold(e, names)
    if form == "einsum":
        try:
            found = contraction(terms, letters)
        except ShapeError:  # a term without any tensor in it
            found = None
        if found is not None:
            return found, names
        if not e.shape:
            return e, names
    body = entries(expr_of(terms), names)
    return (intern(Array, letters, body) if letters else body), names


def unfold(e: Expr, closed: Mapping[Expr, str]) -> tuple[tuple[Index, ...], Terms]:
    """The entry of `e` at fresh letters, as a sum of products; nodes in `closed` are left whole."""
    if isinstance(e, Array):
        letters, entry = e.indices, e.body
    else:
        letters = tuple(fresh(n, hint) for n, hint in zip(e.shape, "ijklpqrstuvw", strict=False))
        entry = access(e, *letters)
    opens = _opens(e, closed)
    terms = terms_of(_with_entries(entry, opens), opens)
    return letters, collect(_sizes_first(sizes_out(found)) for t in terms if (found := sift(t)) is not None)


def _sizes_first(t: Term) -> Term:
    """2 m w_i, not 2 w_i m."""
    return Term(t.coeff, dict(sorted(t.factors.items(), key=lambda f: not isinstance(f[0], SizeValue))), t.sums)


def entries(e: Expr, closed: Mapping[Expr, str]) -> Expr:
    """Entries of functions as functions of entries, (1 − s)_i as 1 − s_i; what has a name is left whole."""
    return _with_entries(e, lambda node: node not in closed and _moves_entries(node))


def _with_entries(e: Expr, opens: Callable[[Apply], bool], depth: int = 0) -> Expr:
    """Entries of the tensors that `opens` names replaced by what they are; no deeper than a reader would look."""
    while isinstance(e, Access) and isinstance(node := e.tensor, Apply) and opens(node) and node.op.define is not None:
        e = node.op.define(node.args, node.params, e.subs)
    match e:
        case Apply(op=op, args=args, params=params) if op.elementwise and e.free and depth < MOST_DEPTH:
            return op(*(_with_entries(a, opens, depth + 1) for a in args), params=params)
        case Sum(index=i, body=body) if depth < MOST_DEPTH:
            return intern(Sum, i, _with_entries(body, opens, depth + 1))
        case _:
            return e


def _moves_entries(e: Apply) -> bool:
    return e.op.define is not None and (e.op.elementwise or e.op.name in _RENAMING)


def _opens(root: Expr, closed: Mapping[Expr, str]) -> Callable[[Apply], bool]:
    """Which tensors are unfolded: sums and products, as long as multiplying out stays short."""

    def may(node: Expr) -> bool:
        return (
            isinstance(node, Apply)
            and node.op.define is not None
            and (node.op.product or node.op.name in _SIMPLE)
            and (node is root or node not in closed)
        )

    count: dict[Expr, int] = {}
    depth: dict[Expr, int] = {}
    for node in walk(root):
        parts = node.args if isinstance(node, Apply) else ()
        depth[node] = 1 + max((depth[p] for p in parts), default=0) if may(node) else 0
        total = 1
        for p in parts if may(node) else ():
            total = total + count[p] if isinstance(node, Apply) and node.op.name in _SUMS else total * count[p]
        count[node] = min(total, MOST_TERMS + 1)
    if depth[root] > MOST_DEPTH:
        return lambda node: False
    if count[root] > MOST_TERMS:
        return lambda node: may(node) and (node is root or node.op.name not in _SUMS)
    return may
