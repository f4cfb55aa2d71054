"""The normal form: one key for all expressions that arithmetic, and facts about the variables, show to be equal.

Products and sums are multiplied out entry by entry, deltas sifted, products of functions recognised, equal terms
collected, bound indices named by where they stand. Functions stay, of arguments in normal form. Equal keys prove
equality; different keys prove nothing.
"""

from __future__ import annotations

from collections.abc import Hashable

from chainrule.core.expr import Access, Apply, Const, Expr, access, intern
from chainrule.core.graph import walk
from chainrule.core.index import Index, fresh
from chainrule.core.size import Size
from chainrule.primitives.arithmetic import pow_p
from chainrule.rewrite.collecting import key
from chainrule.rewrite.facts import symmetric
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Multiplied, Term, Terms, TooManyTermsError, terms_of

POLYNOMIAL = frozenset(
    {"add", "sub", "neg", "mul", "div", "matmul", "transpose", "matpow", "sum", "mean", "tr", "diag"}
)
MOST_REMEMBERED = 20_000
STRUCTURE = frozenset(["eye", "ones", "zeros", "unsqueeze", "permute", "einsum", "kron", "vec", "reshape"])

_axes: dict[tuple[int, Size], Index] = {}
_tensors: dict[Expr, Hashable] = {}
_functions: dict[Expr, Hashable] = {}
_one_of: dict[Hashable, Expr] = {}


def normal_form(e: Expr) -> Hashable | None:
    """A key that equal expressions share; None where multiplying out grows too long.

    Examples:
        >>> from chainrule.notation.parser import parse
        >>> given = "A, B, C: n n"
        >>> normal_form(parse("tr(A*B*C)", given)) == normal_form(parse("tr(C*A*B)", given))
        True
    """
    if e.free:
        return None
    if len(_tensors) > MOST_REMEMBERED:
        for memo in (_tensors, _functions, _one_of):
            memo.clear()
    try:
        for node in walk(e):
            if isinstance(node, Apply) and not node.free and not _opens(node):
                _of_function(node)
        return _of_tensor(e)
    except TooManyTermsError:
        return None


def _opens(n: Apply) -> bool:
    if n.op.name == "pow":
        return isinstance(n.args[1], Const) and n.args[1].value.denominator == 1
    return n.op.define is not None and (n.op.name in POLYNOMIAL or n.op.name in STRUCTURE)


def _of_function(node: Apply) -> Hashable:
    """The key of a function that stays: its name and the forms of its arguments."""
    found = _functions.get(node)
    if found is None:
        found = (node.op.name, node.params, node.shape, tuple(_of_tensor(a) for a in node.args))
        _functions[node] = found
    return found


def _of_tensor(e: Expr) -> Hashable:
    """The key of a tensor: the terms of its entry at indices that all tensors of its shape share."""
    found = _tensors.get(e)
    if found is None:
        out = tuple(_axis(n, s) for n, s in enumerate(e.shape))
        found = _tensors[e] = (e.shape, _key(_terms(access(e, *out) if e.shape else e)))
    return found


def _axis(n: int, s: Size) -> Index:
    if (n, s) not in _axes:
        _axes[n, s] = fresh(s, "i")
    return _axes[n, s]


def _terms(entry: Expr) -> Terms:
    terms = tidy(terms_of(entry, Multiplied(_opens)), lambda v: True)
    return tidy([_with_representatives(t) for t in terms], lambda v: True)


def _with_representatives(t: Term) -> Term:
    """The term with each tensor replaced by one node that stands for all that are equal to it."""
    factors = {}
    for f, x in t.factors.items():
        match f:
            case Access(tensor=Apply() as node, subs=subs) if not node.free:
                new = intern(Access, _representative(node), subs)
            case Apply() if not f.free:
                new = _representative(f)
            case _:
                new = f
        factors[new] = factors.get(new, 0) + x
    return Term(t.coeff, {f: x for f, x in factors.items() if x}, t.sums)


def _representative(node: Apply) -> Expr:
    if _opens(node) and not _stays(node):  # a sum that is one factor, as in 1/(x + y)
        return _one_of.setdefault(_of_tensor(node), node)
    return _one_of.setdefault(_of_function(node), node)


def _stays(node: Apply) -> bool:
    """Whether a node that could be multiplied out is left as it is: a power with too many digits."""
    if node in _tensors or node.op is not pow_p:
        return False
    entry = access(node, *(_axis(n, s) for n, s in enumerate(node.shape))) if node.shape else node
    terms = terms_of(entry, Multiplied(_opens))
    return len(terms) == 1 and terms[0].factors == {entry: 1}


def _key(terms: Terms) -> frozenset[tuple[object, object, object]]:
    """The terms without their order. The tensors are kept with the key, which names them by address."""
    return frozenset((key(t, symmetric), t.coeff, frozenset(map(_tensor, t.factors))) for t in terms)


def _tensor(f: Expr) -> Expr | None:
    return f.tensor if isinstance(f, Access) else None if f.free else f
