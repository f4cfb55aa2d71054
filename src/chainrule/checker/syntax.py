"""What a derivation says, before it is known what its symbols mean: trees with the place of every part in the file.

A superscript may be a power, a layer, a time step or a transpose, and juxtaposition may be a product or an application:
that is decided where symbols are known, in `meaning`. Here both stay as they were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of a formula. start, end: offsets into the text of the file."""

    start: int = field(kw_only=True, default=0)
    end: int = field(kw_only=True, default=0)


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """A number as it is printed. places: decimals after the point, by which it may be rounded; None for whole ones."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Symbol(Node):
    r"""A letter or a name: W, sigma (Greek letters are spelt out), hat_y (accents before), without \mathbf and such.

    upright: it was set upright or in bold (1 in bold is the vector of ones, an upright T is a transpose).
    """

    name: str
    upright: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scripted(Node):
    r"""A base with what stands below and above it; primes are counted. W_{ij}^{(l)} has two subs and a sup in brackets.

    subs: the subscript split at commas, and juxtaposed letters or digits one by one (`ij` is i, j; `12` is 1, 2;
    `l+1,k` is l+1, k; `\text{new}` is one word).
    sup: the superscript as a whole, None if there is none; sup_bracket: "(" or "[" if it stands in brackets.
    """

    base: Node
    subs: tuple[Node, ...] = ()
    sup: Node | None = None
    sup_bracket: str = ""
    primes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Transposed(Node):
    r"""Marked as transposed: ^T, ^\top, ^\mathsf T, ^\intercal, ᵀ. A plain ' is a prime of `Scripted`."""

    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Node):
    """Terms added: (sign, term), sign +1, −1, or 0 for ±."""

    terms: tuple[tuple[int, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Product(Node):
    r"""Factors side by side; signs[k] stands between factors k and k+1.

    signs: "" (juxtaposed), "cdot", "times", "odot" (also \circ, \ast between tensors), "otimes", "ast" (a typed *).
    """

    factors: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Quotient(Node):
    r"""\frac, \dfrac, a slash; not a derivative. entrywise: \oslash."""

    over: Node
    under: Node
    entrywise: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Derivative(Node):
    r"""∂of/∂by: \frac{\partial L}{\partial W_{ij}}, \partial L/\partial W, dL/dz, \nabla_W L (kind "nabla"),
    \frac{\partial}{\partial x}(…), \frac{\partial^2 f}{\partial x \partial y} (two in `by`).

    kind: "partial", "d" or "nabla". by is empty for a bare \nabla L, \nabla^2 L has order 2.
    """

    of: Node
    by: tuple[Node, ...]
    order: int = 1
    kind: str = "partial"


@dataclass(frozen=True, slots=True, eq=False)
class BigOperator(Node):
    r"""\sum_{k=1}^{m} body, \prod; with several indices `\sum_{i,j}`; without bounds `\sum_k`; bare `\sum`.

    An index may be a `Condition`: `\sum_{k \neq j}`, `\sum_{k \in S}`; its left side is what is summed over.
    """

    operator: str
    indices: tuple[Node, ...]
    low: Node | None
    high: Node | None
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    r"""A named function of arguments: \exp(z), \log p_i, e^{…} (as exp), \operatorname{diag}(p), \sqrt, \max(0, z),
    \mathrm{tr}(A), \lVert r \rVert (norm2), |x| (abs).

    An application of a letter, σ(z) or f(x), is a `Product` of the letter and a `Group`, told apart in `applications`.
    """

    name: str
    args: tuple[Node, ...]
    subs: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Group(Node):
    r"""What stands in brackets: kind "(", "[" or "{"; more than one item where there are commas.

    kind "": a list without brackets, `a, b` of `a, b \in R` and `1, \dots, N` of `n = 1, \dots, N`.
    """

    items: tuple[Node, ...]
    kind: str = "("


@dataclass(frozen=True, slots=True, eq=False)
class Matrix(Node):
    """pmatrix, bmatrix, array in brackets: rows of entries."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Condition(Node):
    r"""i = j, i \neq j, z > 0, or "otherwise"; what "and" joins to it is in `others`.

    sign: "=", "!=", "<", "<=", ">", ">=", "in", "otherwise", or "given" (the bar of p(y|x)).
    """

    left: Node | None
    sign: str
    right: Node | None
    others: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cases(Node):
    r"""\begin{cases}: values with their conditions."""

    rows: tuple[tuple[Node, Condition | None], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Indicator(Node):
    r"""\mathbf{1}[z > 0], \mathbb{1}_{i=j}, [i = j] with a condition inside."""

    condition: Condition


@dataclass(frozen=True, slots=True, eq=False)
class Dots(Node):
    r"""\dots, \cdots, \vdots, \ddots, …"""


@dataclass(frozen=True, slots=True, eq=False)
class Words(Node):
    r"""Text within a formula: \text{if}, \therefore, prose that OCR put into a display."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Unread(Node):
    """What the grammar could not read, with the reason."""

    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Node):
    r"""A chain of sides joined by relation signs: sides[0] signs[0] sides[1] signs[1] …

    signs: "=", ":=", "approx", "propto", "in", "implies", "iff", "maps" (arrows of tables), "<", ">", "<=", ">=", "!=".
    A chain that begins with a sign has None as its first side: it continues the statement before it.
    signs also: "sim", "notin", "subset", and ":" (of `f: A \to B`, `W: m \times n`).
    row: 0-based row of its display; words: what stands before it in its row ("if", "where", "2)", "therefore");
    after: what stands behind it at the end of its row; label: an equation number or tag.
    """

    sides: tuple[Node | None, ...]
    signs: tuple[str, ...]
    row: int = 0
    words: str = ""
    label: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Formula(Node):
    """One piece of mathematics of a document: a display (one or several rows) or inline.

    source: its LaTeX without delimiters. words_before: the prose between the formula before and this one (or up to the
    start of the paragraph), for cues such as "let", "define", "where". display: in display delimiters, or alone on its
    line.
    """

    source: str
    statements: tuple[Statement, ...]
    display: bool
    words_before: str = ""
    words_after: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file as it was read: its text, its formulas in order, and its front matter."""

    name: str
    text: str
    formulas: tuple[Formula, ...]
    front: dict[str, str] = field(default_factory=dict[str, str])

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset into the text."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def whole(n: int) -> Number:
    """A whole number that does not stand in the document."""
    return Number(Fraction(n))


def children(node: Node) -> Iterator[Node]:
    """The nodes right below a node, in the order of its fields."""
    for f in fields(node):
        yield from _nodes(getattr(node, f.name))


def _nodes(x: object) -> Iterator[Node]:
    if isinstance(x, Node):
        yield x
    elif isinstance(x, tuple):
        for item in x:
            yield from _nodes(item)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, from the outside in, without recursion."""
    stack = [node]
    while stack:
        n = stack.pop()
        yield n
        stack.extend(reversed(list(children(n))))
