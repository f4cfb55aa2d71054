"""Symbols of which nothing is said: their shapes by how they are used."""

from __future__ import annotations

import re

from chainrule.checker.alphabet import BIG_GREEK, GREEK_NUMBERS
from chainrule.checker.labels import NO_BIND, Key
from chainrule.checker.losses import loss
from chainrule.checker.nodes import Named, Nodes
from chainrule.checker.symbols import Symbols
from chainrule.checker.values import MisfitError, NotUnderstoodError

SCALARS = re.compile(r"scalar|skalar|스칼라|标量|標量|スカラ|escalar|scalaire", re.IGNORECASE)


def guess(nodes: Nodes, key: Key) -> Named:
    """The node of such a symbol.

    Raises:
        NotUnderstoodError: its use does not show what it is either.
    """
    survey = nodes.symbols.survey
    if key.base in survey.by and not key.below:
        return loss(nodes, key)
    found = _by_subscripts(nodes, key) or _beside(nodes, key) or _by_letter(nodes, key)
    if found is not None:
        nodes.assumed.add(key)
        return found
    if key in nodes.symbols.loose or _is_number(nodes.symbols, key):
        if not key.base.islower() or survey.vectors or survey.matrices:
            nodes.assumed.add(key)  # else there is nothing but numbers
        return nodes.variable(key, ())
    raise NotUnderstoodError(f"nothing says what {key} is")


def _by_subscripts(nodes: Nodes, key: Key) -> Named | None:
    """As many axes as it has subscripts somewhere."""
    survey = nodes.symbols.survey
    most = max(survey.slots.get(key.base, ()), default=0) if key.base in survey.lettered else 0
    axes = most - len(key.below)
    return nodes.with_axes(key, axes) if axes > 0 else None


def _beside(nodes: Nodes, key: Key) -> Named | None:
    """The shape of what a symbol is added to: a − y."""
    for own, node in nodes.symbols.survey.siblings.get(key.base, ()):
        found = nodes.symbols.split(own)
        if found is None or found[1] or found[2] is not None:
            continue
        bind = NO_BIND if found[0] == key else nodes.symbols.instance(found[0], key)
        if bind is None:
            continue
        try:
            value = nodes.evaluator(bind, f"beside {key}").value(node)
        except (NotUnderstoodError, MisfitError):
            continue
        if not value.letters:
            return nodes.variable(key, tuple(i.size for i in value.axes), row=value.row)
    return None


def _by_letter(nodes: Nodes, key: Key) -> Named | None:
    """A matrix or a vector, by the letter and by how it is used: W and x of W x."""
    survey = nodes.symbols.survey
    if key.base in survey.divisors or key in nodes.symbols.loose or SCALARS.search(survey.text):
        return None
    if key.base in survey.matrices and (len(key.base) == 1 or key.base in BIG_GREEK):
        return nodes.with_axes(key, 2)
    return nodes.vector(key) if key.base in survey.vectors else None


# Greek letters that are numbers also where something in brackets stands behind them: η (y − t) is a product.
RATES = frozenset(["alpha", "beta", "gamma", "eta", "epsilon", "varepsilon", "kappa", "lambda", "rho", "tau"])


def _is_number(symbols: Symbols, key: Key) -> bool:
    """A Greek letter that is no function, a divisor, a small letter where no vectors are about."""
    survey = symbols.survey
    if key.base in RATES and not survey.slots.get(key.base):
        return True
    if key.base in survey.functions or (key.base in survey.lettered and not key.labels):
        return False
    if (key.base in GREEK_NUMBERS and key.base not in survey.vectors) or key.base in survey.divisors:
        return True
    small = len(key.base) == 1 and key.base.islower()
    if SCALARS.search(survey.text):
        return small
    return small and not key.labels and not survey.vectors and not survey.matrices
