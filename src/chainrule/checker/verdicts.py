"""The claims of a document, one after the other, each judged by what stands before it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

from chainrule.checker import syntax as s
from chainrule.checker.accused import Accused
from chainrule.checker.carried import Carried
from chainrule.checker.circumstances import COMPARISONS, OTHERWISE, Circumstances
from chainrule.checker.declarations import bounds, declares
from chainrule.checker.definitions import Definitions
from chainrule.checker.diagnosis import Diagnosis
from chainrule.checker.doctor import Doctor
from chainrule.checker.facts import fact
from chainrule.checker.front import Front
from chainrule.checker.labels import Key
from chainrule.checker.numerals import literal
from chainrule.checker.parts import parts
from chainrule.checker.printed import span
from chainrule.checker.readings import Readings
from chainrule.checker.report import Claim, Outcome
from chainrule.checker.shapes import ShapeVerdict, shape_claim
from chainrule.checker.survey import survey
from chainrule.checker.symbols import Symbols
from chainrule.checker.updates import Updates
from chainrule.checker.values import NotUnderstoodError
from chainrule.mistakes.table import say

EQUALITIES = ("=", ":=", "approx")
SECTION = re.compile(
    r"#{1,6}\s|(\*\*|__)[^*_]+(\*\*|__)\s*$|\[[^\]$]{1,60}\]\s*$|-{3,}\s*$|[-*+]\s|\(?\w{1,2}[.)]\s|\\(sub)*section"
    r"|\\begin\{(exercise|problem)|\\item\b"
    r"|(\*\*|__|\*|_)?(exercise|problem|task|question|example|part|case|step|model|variant|aufgabe|übung|beispiel|frage"
    r"|teil|fall|ejercicio|ejemplo|problema|exercice|exemple|문제|예제|예시|연습|例|問|练习|题|练|習題)\b[^.:$]{0,40}[.:*_]",
    re.IGNORECASE,
)
SECONDS = 5.0  # for a relation: what takes longer is not understood
FOR = re.compile(
    r"[,;(]?\s*(only )?(for|if|when|where|whenever|für|falls|wenn|bei|si|pour|para|cuando|provided)\s*", re.IGNORECASE
)
ACTIVATIONS = ("sigma", "f", "g", "phi", "varphi")
IMPLIES = ("implies", "iff")
SILENT = ("implies", "iff", "sim", ":", "subset", "notin")


@dataclass
class Checker:
    """Goes through a document."""

    document: s.Document
    claims: list[Claim] = field(default_factory=list[Claim])

    def __post_init__(self) -> None:
        front = Front.of(self.document)
        self.symbols = Symbols(survey(replace(self.document, formulas=(*front.net, *self.document.formulas))))
        self.symbols.functions |= {"sigma", "phi", "varphi", "psi", "f", "g"}
        front.settle(self.symbols)
        self.definitions = Definitions(self.symbols)
        self.circumstances = Circumstances(self.symbols)
        self.carried = Carried(self.symbols)
        self.updates = Updates(self.symbols, self.document.text)
        self.readings = Readings(self.symbols, self.circumstances, self.updates, self.document.text)
        self._number = 0
        self._after_for: s.Formula | None = None
        self._last: s.Statement | None = None
        self._from: s.Formula | None = None
        self._begun, self.loose = 0, False
        self._section = 0
        self.anew = self.implies = self.supposed = False
        self._go_through(front.net)
        self.claims.clear()  # what the front matter says is no claim of the document

    @property
    def scope(self) -> str:
        """A name of its own for the letters of each statement."""
        return f"s{self._number}"

    @property
    def doctor(self) -> Doctor:
        """Who looks for the mistake in a wrong claim, with what the document offers so far."""
        return Doctor(self.document.text, parts(self.document, self.symbols))

    def run(self) -> tuple[Claim, ...]:
        """All claims, in order."""
        self._go_through(self.document.formulas)
        return tuple(self.claims)

    def _go_through(self, formulas: tuple[s.Formula, ...]) -> None:
        for f, then in zip(formulas, (*formulas[1:], None), strict=False):
            self._turn(f)
            held = self._held_by(f, then)
            for _, row in groupby(f.statements, key=lambda st: st.row):
                for st in self._without_conditions(f, list(row), held):
                    self._in_chain(f, st)

    def _in_chain(self, f: s.Formula, st: s.Statement) -> None:
        whole = self._continued(st) if st.sides and st.sides[0] is None else st
        self.loose = whole is not st and f is not self._from and (self._begun > 1 or not f.display)
        try:
            self._statement(f, st, whole)
        except Exception as e:  # noqa: BLE001  one strange formula must not lose the verdicts on all others
            self.say(
                st,
                "not understood",
                reason=f"a fault of the checker, which should be reported: {type(e).__name__}: {e}",
            )
        if any(sign in EQUALITIES for sign in whole.signs):
            beside = [x for x in f.statements if x.row == st.row and any(sign in EQUALITIES for sign in x.signs)]
            self._last, self._from, self._begun = whole, f, len(beside)

    def _continued(self, st: s.Statement) -> s.Statement:
        """A chain that goes on from the line before it."""
        if self._last is None:
            return st
        keep = [k for k, sign in enumerate(self._last.signs) if sign not in EQUALITIES]
        start = keep[-1] + 1 if keep else 0
        sides = self._last.sides[start:]
        return replace(st, sides=sides + st.sides[1:], signs=self._last.signs[start:] + st.signs)

    # Circumstances

    @cached_property
    def sections(self) -> list[int]:
        """The lines where a section or an exercise begins."""
        return [n for n, text in enumerate(self.document.text.splitlines(), 1) if SECTION.match(text)]

    def _turn(self, f: s.Formula) -> None:
        """What the place and the prose before a formula change."""
        line = self.document.place(f.start)[0]
        begun = max((n for n in self.sections if n <= line), default=0)
        if begun > self._section:
            self._section = begun
            self.circumstances.begin()
        if OTHERWISE.match(f.words_before):
            self.circumstances.turn()
        self.circumstances.read(f.words_before)

    def _held_by(self, f: s.Formula, then: s.Formula | None) -> tuple[s.Condition, ...]:
        """`f′(x) = −1 for x < 0`: the condition in the formula that follows within the sentence."""
        if then is None or f.display or then.display:
            return ()
        between = self.document.text[f.end : then.start].strip("$ \n")
        if not FOR.fullmatch(between):
            return ()
        found = [self.circumstances.parted(st, after_for=True) for st in then.statements]
        self._after_for = then
        return () if any(rest is not None for _, rest in found) else tuple(c for cs, _ in found for c in cs)

    def _without_conditions(
        self, f: s.Formula, row: list[s.Statement], held: tuple[s.Condition, ...]
    ) -> Iterator[s.Statement]:
        """The statements of a row that say something, under the conditions that stand beside them."""
        c = self.circumstances
        c.look_at_words(row)
        found, rest = list[s.Condition](), list[s.Statement]()
        for st in row:
            conditions, left = c.parted(st, after_for=f is self._after_for)
            found += conditions
            if left is None:
                self.say(st, "definition", reason="a condition")
            else:
                rest.append(left)
        c.row = (*found, *held)
        if found and (not rest or not f.display):
            c.set(c.row)
        yield from rest

    # Statements

    def _statement(self, f: s.Formula, st: s.Statement, whole: s.Statement) -> None:
        old = len(whole.signs) - len(st.signs)
        self._number += 1
        self.symbols.until = time.process_time() + SECONDS * max(1, len(st.signs))
        if not st.signs:
            alone = not any(x.signs for x in f.statements if x.row == st.row)
            if f.display and (alone or _unread(st)):
                self.say(st, "not understood", reason=_unread(st) or "there is no relation in it")
            return
        run = old
        while run > 0 and whole.signs[run - 1] in EQUALITIES:
            run -= 1
        self.supposed, before = False, False
        for k in range(old, len(whole.signs)):
            left, right, sign = whole.sides[k], whole.sides[k + 1], whole.signs[k]
            if sign not in EQUALITIES:
                run = k + 1
            if sign in IMPLIES:
                self.supposed = before
            if left is None or right is None:
                self.say(st, "not understood", reason="the line that this one goes on from is missing")
            elif sign in EQUALITIES:
                sides = [x for x in whole.sides[run : k + 1] if x is not None]
                self.anew = False
                self.implies = any(x in IMPLIES for x in whole.signs[k + 1 :])
                self._equality(f, st, sides, sign, right)
                before |= self.claims[-1].verdict == "not understood"
                run = k + 1 if self.anew else run  # what comes after is of the new value
                if k == len(whole.signs) - 1:
                    self._stepped(whole, [*sides, right])
            elif sign == "in":
                self._member(f, st, whole, k)
            elif sign == "maps":
                self._arrow(f, st, left, right)
            elif sign in COMPARISONS and sign != "!=":
                told = bounds(self.symbols, left, sign, right, self.line(st))
                self.say(st, "definition" if told else "not understood", reason="" if told else "a comparison")
            elif sign not in SILENT:
                self.say(st, "not understood", reason=f"the relation {sign}")

    def _arrow(self, f: s.Formula, st: s.Statement, left: s.Node, right: s.Node) -> None:
        """A table of arrows: `W a + b → z → σ(z)` in numbers; between names it says what the columns are."""
        if literal(right) is None:
            known = self._is_name(right)
            reason = "the name of a column" if known else "an arrow between formulas"
            self.say(st, "definition" if known else "not understood", right=right, reason=reason)
            return
        if literal(left) is None:
            self._claim(f, st, [left], "=", right)
            return
        activation = next((x for x in ACTIVATIONS if self._is_function(x)), None)
        if activation is None:
            self.say(st, "not understood", right=right, reason="an arrow, and nothing says what the activation is")
            return
        self._claim(f, st, [s.Product((s.Symbol(activation), s.Group((left,))), ("",))], "=", right)

    def _is_function(self, name: str) -> bool:
        return name in self.symbols.survey.known_functions or self.symbols.definition(Key(name)) is not None

    def _stepped(self, whole: s.Statement, sides: list[s.Node]) -> None:
        """After the last relation of a step in numbers: the symbol has its new value from here on."""
        first = whole.sides[0]
        if first is not None and len(sides) > 1 and self.updates.is_step(sides[0], sides[1]):
            self.updates.note(sides[0], sides[-1])
        elif first is not None and whole.signs[0] == ":=" and self.updates.knows(first):
            self.updates.note(first, sides[-1])

    def _member(self, f: s.Formula, st: s.Statement, whole: s.Statement, k: int) -> None:
        """`x ∈ ℝᵈ`: the shape of a symbol, or a claim about the shape of an expression."""
        left, right = whole.sides[k], whole.sides[k + 1]
        assert left is not None
        assert right is not None
        if not self._is_name(left):
            found = shape_claim(self.symbols, left, right, self.scope)
            if found.how == "right":
                self.say(st, "right", right=right)
            elif found.how == "unclear":
                self.say(st, "not understood", right=right, reason=found.reason)
            else:
                d = self._other_shape(right, found)
                repair = self.mended(f, st, d) if d is not None else None
                self.say(st, "wrong", right=right, kind="shape", reason=say("shape", found.reason), repair=repair)
            return
        words = f"{_sentence(f.words_before)} {_sentence(f.words_after, last=False)}"
        told = [
            declares(self.symbols, x, right, self.line(st), words)
            for x in whole.sides[_start_of_run(whole, k) : k + 1]
            if x is not None and self._is_name(x)
        ]
        self.say(st, "definition" if told and all(told) else "not understood", reason="" if told else "a set")

    def _other_shape(self, right: s.Node, found: ShapeVerdict) -> Diagnosis | None:
        if not found.shape or not isinstance(right, s.Scripted) or right.sup is None:
            return None
        return Diagnosis("shape", found.reason, *span(self.document.text, right.sup), found.shape)

    def _is_name(self, x: s.Node | None) -> bool:
        if x is None:
            return False
        items = x.items if isinstance(x, s.Group) and len(x.items) > 1 else (x,)
        return all(self.symbols.split(i) is not None for i in items)

    def _equality(self, f: s.Formula, st: s.Statement, sides: list[s.Node], sign: str, right: s.Node) -> None:
        """An equality is a step, a definition, a fact, or a claim."""
        left, line = sides[-1], self.line(st)
        if len(sides) == 1 and self._listed(f, st, left, sign, right):
            return
        if len(sides) > 1 and self.updates.is_step(sides[0], sides[1]):
            sides = sides[1:]  # w = w − η g = …: what comes after is the value of the right side
        elif len(sides) == 1 and self.updates.is_step(left, right):
            self._update(f, st, right)
            return
        key = self.symbols.split(left)
        if sign == ":=" and len(sides) == 1 and key is not None and key[0] in self.symbols.numbers:
            self.updates.note(left, right)
            self.anew = True
            self.say(st, "definition", right=right, reason="a step")
            return
        try:
            if len(sides) == 1 and self.updates.goes_up(left, right, self.scope):
                self._update(f, st, right)
                self.definitions.defines(left, sign, right, line)
                return
            if len(sides) == 1 and not self._solves(left) and self.definitions.defines(left, sign, right, line):
                self.say(st, "definition", right=right)
                return
            if self.definitions.names(left, right, line) or fact(self.symbols, left, right):
                self.say(st, "definition", right=right)
                return
        except NotUnderstoodError as e:
            self.say(st, "not understood", reason=e.message, right=right)
            return
        unread = _unread(st)
        if unread and any(isinstance(n, s.Unread) for x in (left, right) for n in s.walk(x)):
            self.say(st, "not understood", reason=unread, right=right)
            return
        self.symbols.loose = self._bound_by_functions(sides[0])
        self._claim(f, st, sides, sign, right)
        self.symbols.loose = set()

    def _listed(self, f: s.Formula, st: s.Statement, left: s.Node, sign: str, right: s.Node) -> bool:
        """`(x, y) = (1, 3)`: one equality for each name; whether it is that."""
        match left, right:
            case s.Group(items=(_, _, *_) as names, kind="("), s.Group(items=values, kind="("):
                if len(names) != len(values) or not self._is_name(left) or any(literal(x) is None for x in values):
                    return False
                for name, x in zip(names, values, strict=True):
                    self._equality(f, st, [name], sign, x)
                return True
            case _:
                return False

    def _solves(self, left: s.Node) -> bool:
        """`w = …` after an equation for w: its solution, and not what w is everywhere."""
        found = self.symbols.split(left)
        return bool(self.circumstances.equation) and found is not None and found[0] in self.symbols.declared

    def _update(self, f: s.Formula, st: s.Statement, right: s.Node) -> None:
        """A step of gradient descent: its sign may be wrong; no more can be said."""
        mended = self.updates.mended(right, self.scope)
        if mended is None:
            self.say(st, "definition", right=right, reason="a step")
            return
        text = self.doctor.printer(mended)
        d = Diagnosis("update-sign", say("update-sign", text), *span(self.document.text, right), text)
        self.say(st, "wrong", right=right, kind=d.kind, reason=d.reason, repair=self.mended(f, st, d), found=d)

    def _bound_by_functions(self, side: s.Node) -> set[Key]:
        """The t of σ′(t) = … where nothing else is known of t: any number."""
        out: set[Key] = set()
        if any(isinstance(n, s.Derivative) and n.kind == "nabla" for n in s.walk(side)):
            return out
        for n in s.walk(side):
            if isinstance(n, s.Product) and len(n.factors) == 2 and isinstance(n.factors[1], s.Group):
                for x in n.factors[1].items:
                    if isinstance(x, s.Symbol) and not self.symbols.knows(Key(x.name)):
                        out.add(Key(x.name))
        return out

    # Verdicts

    def _claim(self, f: s.Formula, st: s.Statement, sides: list[s.Node], sign: str, right: s.Node) -> None:
        found = self.readings.judge(sides, right, self.scope)
        if found.equal:
            self._stands(sides[0], right)
            self._other_form(sides, right, self.line(st))
            self.say(st, "right", right=right)
        elif self.carried.rounds(sides, right, self.scope, self.readings.plain(), loosely=sign == "approx"):
            self.carried.keep(sides, right, self.scope)
            self.say(st, "right", right=right)
        elif found.how == "unclear" and Accused(self, f, st, sides, right, found).redefined():
            return
        elif found.how == "unclear" or found.unknown:
            reason = found.reason or "a loss of which nothing is known stands on one side alone"
            self.say(st, "not understood", reason=reason, right=right)
        else:
            Accused(self, f, st, sides, right, found).verdict()

    def _other_form(self, sides: list[s.Node], right: s.Node, line: int) -> None:
        """Note another form of what is defined: after s = log σ², K = ½(μ² + eˢ − s − 1) has a derivative by s."""
        found = self.symbols.split(sides[0])
        if len(sides) == 1 and found is not None and not found[1] and found[2] is None:
            d = self.symbols.definition(found[0])
            if d is not None and d[0].body is not None and literal(right) is None:
                self.symbols.others.setdefault(found[0], []).append(replace(d[0], body=right, line=line))

    def _stands(self, left: s.Node, right: s.Node) -> None:
        """Note that a vector is a column where it is written as a list with a transpose."""
        found = self.symbols.split(left)
        if found is not None and not found[1] and isinstance(right, s.Transposed) and isinstance(right.body, s.Group):
            self.symbols.columns.add(found[0])

    def mended(self, f: s.Formula, st: s.Statement, d: Diagnosis) -> str | None:
        """The row of the document with the repair in it."""
        row = [x for x in f.statements if x.row == st.row]
        start, end = min(x.start for x in row), max(x.end for x in row)
        if d.end <= d.start or not start <= d.start <= d.end <= end:
            return None
        text = self.document.text
        return (text[start : d.start] + d.text + text[d.end : end]).strip()

    # Claims

    def line(self, st: s.Statement) -> int:
        """The line where a statement begins."""
        return self.document.place(st.start)[0]

    def say(
        self,
        st: s.Statement,
        verdict: Outcome,
        right: s.Node | None = None,
        reason: str = "",
        kind: str | None = None,
        repair: str | None = None,
        counterexample: str | None = None,
        because_of: int | None = None,
        found: Diagnosis | None = None,
    ) -> None:
        """Put a claim down; where no diagnosis says what part of it is meant, it is the right side."""
        start, end = st.start, st.end
        part = (start, end)
        if right is not None and right.end > right.start:
            part = span(self.document.text, right)
        line, column = self.document.place(part[0])
        if repair is not None and found is not None:
            part = (found.start, found.end)
        self.claims.append(
            Claim(
                line, column, self.document.text[start:end].strip(), verdict, kind, reason, repair, counterexample,
                because_of, self.document.place(end)[0], start, end, part, found.text if repair and found else None,
            )
        )  # fmt: skip


def _sentence(words: str, last: bool = True) -> str:
    """The part of the prose next to a formula that speaks of it."""
    pieces = re.split(r"[.,;:]\s", words)
    return pieces[-1] if last else pieces[0]


def _start_of_run(whole: s.Statement, k: int) -> int:
    while k > 0 and whole.signs[k - 1] in EQUALITIES:
        k -= 1
    return k


def _unread(st: s.Statement) -> str:
    return next((n.reason for n in s.walk(st) if isinstance(n, s.Unread)), "")
