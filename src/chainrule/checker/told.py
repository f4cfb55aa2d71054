"""What is said of a claim, whatever the medium."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.checker.advice import advice
from chainrule.checker.hints import summary
from chainrule.checker.report import Claim, Report

MARKS = {"right": "✓", "wrong": "✗", "follows": "↳", "definition": "≔", "not understood": "?"}
ORDER = ("wrong", "follows", "not understood", "right", "definition")  # of several claims in a line the first counts
UNTYPICAL = ("other", "shape")


@dataclass(frozen=True)
class Told:
    """A sentence, and what belongs to it.

    instead: what is to stand in place of what. repair: the line as it should be, in LaTeX. example: values that show
    the difference, where no typical mistake explains it. advice: what to add to the document.
    """

    sentence: str
    instead: tuple[str, str] | None = None
    repair: str = ""
    example: str = ""
    advice: str = ""


def told(report: Report, c: Claim) -> Told | None:
    """What is said of a claim; None where the mark says all."""
    match c.verdict:
        case "wrong" if c.kind is None:  # no more than the line is to be given away
            return None
        case "wrong":
            return _wrong(report, c)
        case "follows":
            return Told(f"it would be right if line {c.because_of} were")
        case "not understood":
            reason = c.reason or "it is not clear what it says"
            return Told(f"not understood: {reason}", advice=advice(reason))
        case "definition" if c.reason.startswith("it is defined anew"):
            return Told(c.reason)
        case _:
            return None


def _wrong(report: Report, c: Claim) -> Told:
    sentence, instead = c.reason, None
    if c.instead is not None:
        was = report.text[slice(*c.part)]
        end = f": {c.instead}, not {was}"
        if sentence.endswith(end):
            sentence, instead = sentence.removesuffix(end), (c.instead, was)
    example = c.counterexample or "" if c.kind in UNTYPICAL or not c.repair else ""
    return Told(sentence, instead, _unaligned(c.repair or ""), example)


def _unaligned(latex: str) -> str:
    """A row of a display without the marks that align it with others, which stand for themselves in a matrix."""
    if r"\begin" not in latex:
        latex = re.sub(r"(?<!\\)&", "", latex)
    return " ".join(latex.split())


def worst(claims: list[Claim]) -> Claim:
    """The claim of a line that its mark shows."""
    return min(claims, key=lambda c: ORDER.index(c.verdict))


def conclusion(report: Report) -> list[str]:
    """The last lines of a report: the first wrong line, and how many claims have which verdict."""
    counts = report.summary
    out: list[str] = []
    if report.wrong:
        first = report.wrong[0]
        kind = summary(first) if first.kind else ""
        out.append(f"Line {first.line} is the first wrong one{': ' if kind else '.'}{kind}{'.' if kind else ''}")
    else:
        out.append("Nothing is wrong." if not counts["not understood"] else "Nothing that was understood is wrong.")
    said = [_count(counts[v], v) for v in ORDER if counts[v]]
    return [*out, f"{_count(sum(counts.values()), 'relation')}: {', '.join(said)}."]


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' if n != 1 and what in ('definition', 'relation') else ''}"
