"""What a check found: one claim for each relation of a document."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Outcome = Literal["right", "wrong", "follows", "definition", "not understood"]
OUTCOMES: tuple[Outcome, ...] = ("right", "wrong", "follows", "definition", "not understood")


@dataclass(frozen=True)
class Claim:
    """One relation of a document, and what is to be said of it.

    line, column: where it stands, from 1. latex: the statement as it is written.
    kind: the typical mistake, of a wrong one. repair: the line as it should be. because_of: the line of the wrong claim
    that this one follows from.
    start, end: the statement as offsets into the text; part: the part of it that is wrong. instead: what stands there
    in the repair.
    """

    line: int
    column: int
    latex: str
    verdict: Outcome
    kind: str | None = None
    reason: str = ""
    repair: str | None = None
    counterexample: str | None = None
    because_of: int | None = None
    end_line: int = 0
    start: int = field(default=0, repr=False)
    end: int = field(default=0, repr=False)
    part: tuple[int, int] = field(default=(0, 0), repr=False)
    instead: str | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """What `check --json` writes of it."""
        names = ("line", "column", "latex", "verdict", "kind", "reason", "repair", "counterexample", "because_of")
        return {k: v for k, v in asdict(self).items() if k in names}


@dataclass(frozen=True)
class Report:
    r"""The claims of a document in order.

    Examples:
        >>> from chainrule.checker.check import check
        >>> text = r"Let $x \in \mathbb{R}$ and $y = x^2$. Then $\frac{dy}{dx} = 3x$."
        >>> check(text).summary["wrong"]
        1
    """

    file: str
    text: str = field(repr=False)
    claims: tuple[Claim, ...]

    @property
    def summary(self) -> dict[str, int]:
        """How many claims have each verdict."""
        counted = Counter(c.verdict for c in self.claims)
        return {v: counted[v] for v in OUTCOMES}

    @property
    def name(self) -> str:
        """What to call the document: its file."""
        return "the text" if self.file == "-" else self.file

    @property
    def wrong(self) -> tuple[Claim, ...]:
        """The wrong claims, the first one first."""
        return tuple(c for c in self.claims if c.verdict == "wrong")

    def to_dict(self) -> dict[str, Any]:
        """What `check --json` writes."""
        return {"file": self.file, "claims": [c.to_dict() for c in self.claims], "summary": self.summary}

    def __str__(self) -> str:
        """What `chainrule check` prints, without colours."""
        from chainrule.checker.terminal import to_terminal

        return to_terminal(self)

    def _repr_html_(self) -> str:
        from chainrule.checker.page import for_notebook

        return for_notebook(self)

    def _repr_markdown_(self) -> str:
        from chainrule.checker.marked import to_markdown

        return to_markdown(self)
