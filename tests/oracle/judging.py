"""What is asked of a case: the right number, verified steps, whole notation, a matrix form that means what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from case_files import given
from jax_truth import Case, error

import chainrule as cr

TOLERANCE = 1e-7


@dataclass
class Outcome:
    """How a case went. `faults` are what is wrong about a right result."""

    id: str
    error: float = float("inf")
    why: str = ""
    matrix: str | None = None
    operations: int | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return self.error < TOLERANCE


def derivation_of(p: dict[str, Any]) -> Any:
    """The derivation that a case asks for."""
    e = cr.parse(p["expr"], given=given(p))
    wrt = p["wrt"]
    if isinstance(wrt, list):
        return cr.derive(e, wrt=tuple(wrt))
    return cr.derive(e, wrt=wrt, order=p["order"])


def judge(p: dict[str, Any]) -> Outcome:
    """Derive a case, compare it with JAX and look at its notation and steps."""
    out = Outcome(p["id"])
    d = derivation_of(p)
    cases = [Case(p, seed) for seed in (0, 1)]
    f = cr.compile(d.result, backend="numpy")
    out.error = max(error(c.value(f), c.truth) for c in cases)
    data = d.to_dict()
    out.faults = faults(data)
    result = data["result"]
    out.matrix, out.operations = result["matrix"], data["operations"]
    if out.matrix:
        g = cr.compile(cr.parse(out.matrix, given=given(p)), backend="numpy")
        layout = result.get("matrix_layout")
        if not all(error(c.value(g, layout), c.truth) < TOLERANCE for c in cases):
            out.faults.append("the matrix form has another value")
        if out.operations < 0.7 * count(out.matrix):
            out.faults.append("more operations in the matrix form than were counted")
    return out


def count(text: str) -> int:
    """Operators and calls in a program of the language; constant constructors, numbers and transposes are free."""
    text = re.sub(r'"[^"]*"', '""', text)
    text = re.sub(r"\b(eye|ones|zeros)\([^()]*\)", "C", text)  # sizes are no operations
    calls = len(re.findall(r"\b(?!(?:eye|ones|zeros|vector|matrix)\b)[A-Za-z_]\w*\s*\(", text))
    text = re.sub(r"\[[^\]]*\]", "", re.sub(r"\d+(\.\d+)?[eE][-+]?\d+", "1", text))
    return calls + len(re.findall(r"\.\*|\./|\.\^|[-+*/^@⊙⊘·]", text))


def faults(data: dict[str, Any]) -> list[str]:
    """What is wrong with the steps and the LaTeX of a derivation."""
    steps, out = data["steps"], []
    if not steps:
        out.append("no steps")
    if any(s["verdict"] not in ("proved", "judged", "given") for s in steps):
        out.append("a step is not verified")
    if sum(s["verdict"] == "given" for s in steps) > max(1, len(steps) // 2):
        out.append("most steps are given")
    if any(not s["reason"] or not s["rule"] for s in steps):
        out.append("a step without rule or reason")
    if any(a["after"] != b["before"] for a, b in pairwise(steps)):
        out.append("the steps are not a chain")
    tex = [v for v in data["result"]["latex"].values() if v]
    if not tex or any(v.count("{") != v.count("}") or "None" in v or "object at" in v for v in tex):
        out.append("LaTeX with holes")
    return out
