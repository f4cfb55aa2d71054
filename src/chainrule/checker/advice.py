"""What to add to a document so that a claim which is not understood will be."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ADVICE = (
    (r"nothing says what (.+) is\Z",
     r"say its shape, as in $\1 \in \mathbb{R}^{m \times n}$, or what it is, as in $\1 = …$"),
    (r"nothing says what (.+) depends on", r"say it, as in $\1 = \1(y)$"),
    ("nothing says how the one depends on the other", "write the formula that leads from the one to the other"),
    ("a loss of which nothing is known", "say what it depends on, as in $L = L(y)$"),
    ("a power of a matrix", r"write a layer as $W^{(1)}$, a power of every entry as $W^{\odot 2}$, a product as $W W$"),
    ("there is no relation in it", "write what it is equal to"),
    ("the line that this one goes on from", "begin the chain with its left side"),
    ("the function (.+) is not known", "define it by a formula, or say that it is any function, as in $f = f(x)$"),
    ("nothing is said of some of its letters", r"say their shapes, as in $x \in \mathbb{R}^{n}$"),
    ("the chain rule as a product of derivatives", "write it entry by entry, with a sum, or as a product of matrices"),
    ("∇ without a word on what it is taken by", r"write $\nabla_W L$"),
    ("softmax of something that is no vector", "write it for one sample, or entry by entry"),
    (r"± has two values", "write the two cases apart"),
    (r"f a/b may mean|a/bc may mean", ""),
    (r"\\(\w+) is not known", r"define it with \\newcommand, or write what it stands for"),
    ("is declared with another shape", "correct the one or the other; a new meaning needs a new letter"),
    ("a sum that does not say over what", r"write $\sum_{i=1}^{n}$"),
    ("a sum that begins", r"let it begin at 1, or write its first terms apart"),
    ("whether .+ is added to rows or to columns", r"write $x \mathbf{1}^\top$ or $\mathbf{1} x^\top$"),
    ("it may go on from more than one equation", "begin the line with its left side"),
    ("it may be an assumption", ""),
)  # fmt: skip


def advice(reason: str) -> str:
    r"""What to add, or "" where it is not known.

    Examples:
        >>> advice("nothing says what L depends on")
        'say it, as in $L = L(y)$'
    """
    return next(_told(reason), "")


def _told(reason: str) -> Iterator[str]:
    for pattern, what in _ADVICE:
        m = re.search(pattern, reason)
        if m:
            yield m.expand(re.sub(r"\\(?!\d|\\)", r"\\\\", what)) if what else ""
