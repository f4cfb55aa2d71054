"""What a document may leave open: how derivatives lie, what σ is, what is true of its vectors and matrices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """One way to settle it.

    rows: a gradient lies (numerator layout). inputs_first: a Jacobian is input × output. direct: ∂c/∂a is by what
    stands in the definition of c itself, all else in it held. sigmoid: σ, of which nothing is said, is the logistic
    function. targets: vectors called t, y or q sum to one. symmetric: square matrices are symmetric.
    """

    rows: bool = False
    inputs_first: bool = False
    sigmoid: bool = False
    direct: bool = False
    targets: bool = False
    symmetric: bool = False
