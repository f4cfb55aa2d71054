"""What the judge says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from flint import arb, fmpq

_LONGEST_FRACTION = 40
_LONGEST_LIST, _FIRST = 6, 4

How = Literal["proved", "judged", "different", "undecided"]


@dataclass(frozen=True)
class Counterexample:
    """A point where two expressions differ, and the first entry that does.

    Numbers are fractions; `left` and `right` are balls (`flint.arb`) where they are not rational. Values of tensors are
    nested lists. Where sizes that were declared as numbers are too large to look at, `sizes` has small ones for them.
    """

    sizes: Mapping[str, int]
    values: Mapping[str, Any]
    entry: tuple[int, ...]
    left: Any
    right: Any

    def __str__(self) -> str:
        lines: list[str] = []
        if self.sizes:
            lines.append(", ".join(f"{v} for {k}" if k.isdigit() else f"{k} = {v}" for k, v in self.sizes.items()))
        lines += [f"{name} = {show(v)}" for name, v in self.values.items()]
        place = f"entry [{', '.join(map(str, self.entry))}]: " if self.entry else ""
        lines.append(f"{place}left {show(self.left)}, right {show(self.right)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Verdict:
    """Whether two expressions are equal, and how that is known.

    how: "proved" (one normal form), "judged" (equal at `points` random exact points), "different" (with a
    counterexample or, where the shapes differ, a reason), "undecided" (no point was found where both have a value).
    """

    how: How
    points: int = 0
    reason: str = ""
    counterexample: Counterexample | None = field(default=None)

    @property
    def equal(self) -> bool | None:
        """True, False, or None where it is undecided."""
        return None if self.how == "undecided" else self.how != "different"

    def __bool__(self) -> bool:
        return self.equal is True

    def __str__(self) -> str:
        match self.how:
            case "proved":
                text = "proved equal"
            case "judged":
                text = f"judged equal: the same value at {self.points} random point{'s'[: self.points != 1]}"
            case "different":
                text = "different"
            case "undecided":
                text = "undecided"
        if self.reason:
            text += f": {self.reason}" if self.how in ("different", "undecided") else f" ({self.reason})"
        if self.counterexample:
            text += "\n" + "\n".join("    " + line for line in str(self.counterexample).splitlines())
        return text


def show(x: Any) -> str:
    """A number or nested list of numbers for people; long lists are shown by their ends."""
    if isinstance(x, list):
        entries: list[Any] = x  # type: ignore[reportUnknownVariableType]
        shown = [show(e) for e in (entries if len(entries) <= _LONGEST_LIST else entries[:_FIRST])]
        if len(entries) > _LONGEST_LIST:
            shown += ["…", show(entries[-1])]
        return f"[{', '.join(shown)}]"
    if isinstance(x, arb):
        return x.str(12, radius=False)
    bits = max(x.numerator.bit_length(), x.denominator.bit_length()) if isinstance(x, (int, Fraction)) else 0
    if bits > 4 * _LONGEST_FRACTION or len(str(x)) > _LONGEST_FRACTION:  # str refuses integers that are too long
        return arb(fmpq(x.numerator, x.denominator)).str(12, radius=False)
    return str(x)
