"""Why a step holds, in the words of the field."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.core.expr import Apply, Array, Expr, Var
from chainrule.core.graph import walk
from chainrule.notation.pretty import shown_name
from chainrule.rewrite.collecting import key
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Terms, expr_of

LINEAR = frozenset({"add", "sub", "neg", "transpose"})
PROVED = frozenset({"softmax", "log_softmax", "logsumexp"})
"""Functions whose closed form is worked out from the definition where it is first used."""

FACTS = {
    "simplex": "{0} sums to one",
    "onehot": "{0} sums to one",
    "symmetric": "{0} is symmetric",
    "spd": "{0} is symmetric positive definite",
    "distances": "{0} is a matrix of distances",
    "lower": "{0} is lower triangular",
    "upper": "{0} is upper triangular",
    "posdet": "det({0}) is positive",
    "pm1": "the entries of {0} are ±1",
    "binary": "the entries of {0} are 0 or 1",
    "orthogonal": "{0} is orthogonal",
    "diagonal": "{0} is diagonal",
}


def why(node: Apply | Array, varying: Sequence[Expr], by: Var) -> tuple[str, str]:
    """The rule and the reason for going from ∂node to ∂ of those arguments that vary."""
    if not isinstance(node, Apply):
        return "chain-rule", "chain rule"
    reason = node.op.reason or "definition"
    constant = [a for a in node.args if all(a is not b for b in varying)]
    held = held_fixed(constant, by)
    if node.op.name in LINEAR:
        return "linearity", "; ".join(filter(None, [reason, held]))
    if node.op.product and constant:
        if node.op.elementwise and not (node.op.name == "div" and constant[0] is node.args[0]):
            return "linearity", "; ".join(filter(None, ["a constant factor is kept", held]))
        return ("product-rule" if not node.op.elementwise else "chain-rule"), "; ".join(filter(None, [reason, held]))
    if node.op.product:
        return "product-rule", reason
    return "chain-rule", reason if reason.startswith("chain rule") else f"chain rule; {reason}"


def held_fixed(constant: Sequence[Expr], by: Var) -> str:
    """Which variables stand still."""
    names = sorted({v.name for a in constant for v in a.variables if v is not by})
    if not names:
        return ""
    more = ", …" if len(names) > 4 else ""
    return f"{', '.join(map(shown_name, names[:4]))}{more} held fixed"


def facts_used(before: Terms, after: Terms) -> str:
    """The facts without which `before` would not be `after`."""
    plain = tidy(before)
    if len(plain) == len(after) and {key(t) for t in plain} == {key(t) for t in after}:
        return ""
    return cited([expr_of(before)])


def cited(where: Sequence[Expr]) -> str:
    """The facts about the variables in these expressions."""
    found = {
        FACTS[kind].format(shown_name(v.name)): None
        for v in walk(*where)
        if isinstance(v, Var)
        for kind in sorted(p.partition("(")[0] for p in v.props)
        if kind in FACTS
    }
    return ", ".join(found)


def recognised(node: Apply | Array, after: Expr, before: Expr) -> str:
    """What to add where a product of exponentials has been read as the logistic function."""
    if not isinstance(node, Apply) or node.op.name not in ("log", "exp", "div", "mul", "add", "pow"):
        return ""
    here, there = (any(isinstance(n, Apply) and n.op.name == "sigmoid" for n in walk(e)) for e in (after, before))
    if there and node.op.name == "exp":
        return "; σ(v) exp(−v) = σ(−v)"
    return "; 1/(1 + exp(−v)) = σ(v)" if here and not there else ""
