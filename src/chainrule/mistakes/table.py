"""The table of typical mistakes: the kinds that a wrong claim is told apart by, most plausible first.

A claim is explained by the mistake which, undone in the claim, makes it right. `checker` knows how each is undone;
exercises may make them on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One kind of mistake.

    kind: its name in reports. summary: what it is. sentence: what a report says, with the parts concerned put in.
    rank: where two mistakes explain a claim, the one with the smaller number is told.
    """

    kind: str
    summary: str
    sentence: str
    rank: int


_TABLE = (
    ("swapped-kronecker-cases", "the cases of a Kronecker delta are exchanged", "the cases are swapped: {detail}"),
    ("update-sign", "a step along the gradient in place of against it",
     "the update goes against the gradient: {detail}"),
    ("sign", "a sign is wrong", "a sign is wrong: {detail}"),
    ("missing-transpose", "a transpose is missing or too many", "a transpose is wrong: {detail}"),
    ("outer-inner", "an inner product in place of an outer one, or the other way round",
     "the order makes an inner product of what must be an outer one, or the other way round: {detail}"),
    ("swapped-factors", "the factors of a matrix product are in the wrong order",
     "the factors are in the wrong order: {detail}"),
    ("hadamard-for-matmul", "⊙ where a matrix product is needed", "a matrix product is needed, not ⊙: {detail}"),
    ("matmul-for-hadamard", "a matrix product where ⊙ is needed", "⊙ is needed, not a matrix product: {detail}"),
    ("hadamard-for-inner", "⊙ where an inner product is needed", "an inner product is needed, not ⊙: {detail}"),
    ("sigma-prime-argument", "the slope of the activation is taken at another place",
     "the derivative of the activation is taken at the wrong place: {detail}"),
    ("layer-off-by-one", "a symbol of the layer before or after", "it is the symbol of another layer: {detail}"),
    ("time-off-by-one", "a symbol of the time step before or after", "it is the symbol of another time step: {detail}"),
    ("wrong-sum-index", "an index stands in the wrong place", "the indices do not fit: {detail}"),
    ("dropped-sum", "a sum is missing", "a sum is missing: {detail}"),
    ("sum-not-collapsed", "a sum over a Kronecker delta that was to be worked out is still there",
     "the sum has only one term left: {detail}"),
    ("diagonal-only-jacobian", "only the diagonal of a Jacobian",
     "only the diagonal of the Jacobian is there: {detail}"),
    ("forgot-temperature", "the inner derivative 1/τ is missing", "the inner derivative is missing: {detail}"),
    ("missing-factor", "a factor is missing or too many", "a factor is wrong: {detail}"),
    ("dropped-sigma-prime", "the slope of the activation is missing",
     "the derivative of the activation is missing: {detail}"),
    ("bias-not-summed", "the gradient of a bias is not summed over the samples",
     "the sum over the samples is missing: {detail}"),
    ("assumed-symmetry", "a matrix is taken to be symmetric", "the matrix need not be symmetric: {detail}"),
    ("dropped-input", "the input of a layer is missing as a factor", "the input of the layer is missing: {detail}"),
    ("forgot-outer-derivative", "the outer derivative is missing", "the outer derivative is missing: {detail}"),
    ("stale-weight", "an old value in place of the new one, or the other way round", "it is another value: {detail}"),
    ("dropped-term", "a term is missing", "a term is missing: {detail}"),
    ("dropped-accumulation", "only one of several paths is counted", "a path is missing: {detail}"),
    ("layout-mixed", "the layout changes within a derivation", "the layout is another one: {detail}"),
    ("arithmetic", "a number is worked out wrongly", "{detail}"),
    ("shape", "shapes that do not fit", "the shapes do not fit: {detail}"),
    ("other", "none of these", "{detail}"),
)  # fmt: skip

MISTAKES: Mapping[str, Mistake] = {
    kind: Mistake(kind, summary, sentence, rank) for rank, (kind, summary, sentence) in enumerate(_TABLE)
}


def say(kind: str, detail: str) -> str:
    """The sentence that tells of a mistake.

    Examples:
        >>> say("sign", "− should be +")
        'a sign is wrong: − should be +'
    """
    return MISTAKES[kind].sentence.format(detail=detail)
