"""Why a claim is wrong: the typical mistake that, undone in it, makes it right; and the line as it should be."""

from __future__ import annotations

import time
from dataclasses import dataclass

from chainrule.checker import syntax as s
from chainrule.checker.diagnosis import Diagnosis, is_update
from chainrule.checker.edit_context import Context
from chainrule.checker.judged import Bench, Setting, value
from chainrule.checker.parts import Parts
from chainrule.checker.printed import Printer, span, written
from chainrule.checker.recalculation import Recalculation
from chainrule.checker.repairs import Edit, edits
from chainrule.mistakes.table import MISTAKES, say

SECONDS = 3.0
MOST = 1500


@dataclass
class Doctor:
    """Diagnoses claims of one document."""

    text: str
    parts: Parts

    def __post_init__(self) -> None:
        self.printer = Printer(self.text, self.parts.odot, self.parts.top)

    def diagnose(self, setting: Setting, sides: list[s.Node], right: s.Node, scope: str) -> Diagnosis | None:
        """The most plausible mistake; None if none explains the claim."""
        numbers = Recalculation(self.text, self.printer, setting, scope).diagnosis(sides, right)
        if numbers is not None:
            return numbers
        context = self._context(setting, sides, right, scope)
        benches = (Bench(setting, anchor, scope) for anchor in (sides[0], *reversed(sides[1:])))
        bench = next((b for b in benches if b.ready), None)
        if bench is None:
            return None
        deadline = time.process_time() + SECONDS
        tried: set[str] = {written(right)}
        found = sorted(edits(right, context), key=lambda e: MISTAKES[e.kind].rank)
        for e in found[:MOST]:
            key = written(e.whole)
            if key in tried:
                continue
            tried.add(key)
            if bench.equal(e.whole):
                return self._told(e, sides)
            if time.process_time() > deadline:
                break
        return None

    def _context(self, setting: Setting, sides: list[s.Node], right: s.Node, scope: str) -> Context:
        letters: dict[str, None] = {}
        for n in (x for side in (*sides, right) for x in s.walk(side)):
            if isinstance(n, s.Scripted):
                found = setting.symbols.split(n)
                subs = found[1] if found is not None else ()
                letters.update(dict.fromkeys(x.name for x in subs if isinstance(x, s.Symbol)))
        ranks: dict[str, int | None] = {}

        def rank(node: s.Node) -> int | None:
            key = written(node)
            if key not in ranks:
                made = value(setting.fork(), node, scope)
                ranks[key] = None if made is None else made[1].ndim
            return ranks[key]

        survey = setting.symbols.survey
        return Context(
            self.parts, rank, tuple(letters), frozenset(survey.layers), frozenset(survey.steps), survey.is_label_above
        )

    def _told(self, e: Edit, sides: list[s.Node]) -> Diagnosis:
        kind = e.kind
        if kind == "sign" and is_update(sides):
            kind = "update-sign"
        was, new = self.printer(e.old), self.printer(e.new)
        return Diagnosis(kind, say(kind, f"{new}, not {was}"), *span(self.text, e.old), new)
