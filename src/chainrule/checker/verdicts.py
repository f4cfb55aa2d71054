"""The claims of a document, one after the other, each judged by what stands before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from chainrule.checker import syntax as s
from chainrule.checker.definitions import SIMPLEX, Definitions, literal
from chainrule.checker.diagnosis import Diagnosis, Doctor
from chainrule.checker.judged import Judgement, Setting, judge, value
from chainrule.checker.labels import Key, bare, survey
from chainrule.checker.parts import parts
from chainrule.checker.printed import span, written
from chainrule.checker.report import Claim, Outcome
from chainrule.checker.symbols import Declaration, Symbols
from chainrule.checker.values import NotUnderstoodError, Val
from chainrule.checker.world import GREEK, Reading
from chainrule.mistakes.table import say

EQUALITIES = ("=", ":=", "approx")
LOSSES = frozenset({"L", "J", "C", "E", "LOSS", "ELL"})
ASCENT = re.compile(r"ascent|maximi[sz]|상승|최대화", re.IGNORECASE)
SECTION = re.compile(
    r"#{1,6}\s|\*\*[^*]+\*\*\s*$|\[[^\]$]{1,60}\]\s*$|-{3,}\s*$|\(?\w{1,2}[.)]\s|\\(sub)*section|\\begin\{(exercise|problem)"
)
SILENT = ("implies", "iff", "sim", ":", "subset", "notin")


@dataclass(frozen=True)
class Fault:
    """A claim that is not true: the line it stands in, the line of the first mistake, and what it gave to what."""

    line: int
    root: int
    given: dict[str, Val]


@dataclass
class Checker:
    """Goes through a document."""

    document: s.Document
    claims: list[Claim] = field(default_factory=list[Claim])
    faults: list[Fault] = field(default_factory=list[Fault])

    def __post_init__(self) -> None:
        self.symbols = Symbols(survey(self.document))
        self.symbols.functions |= {"sigma", "phi", "varphi", "psi", "f", "g"}
        self.definitions = Definitions(self.symbols)
        self._number = 0
        self.rounded: dict[str, Val] = {}
        self._last: s.Statement | None = None
        self._from: s.Formula | None = None
        self._begun, self._loose = 0, False

    def run(self) -> tuple[Claim, ...]:
        """All claims, in order."""
        for f in self.document.formulas:
            for st in f.statements:
                whole = st
                if st.sides and st.sides[0] is None:
                    whole = self._continued(st)
                self._loose = whole is not st and f is not self._from and self._begun > 1
                self._statement(f, st, whole)
                if any(sign in EQUALITIES for sign in whole.signs):
                    beside = [
                        x for x in f.statements if x.row == st.row and any(sign in EQUALITIES for sign in x.signs)
                    ]
                    self._last, self._from, self._begun = whole, f, len(beside)
        return tuple(self.claims)

    def _continued(self, st: s.Statement) -> s.Statement:
        """A chain that goes on from the line before it."""
        if self._last is None:
            return st
        keep = [k for k, sign in enumerate(self._last.signs) if sign not in EQUALITIES]
        start = keep[-1] + 1 if keep else 0
        sides = self._last.sides[start:]
        return replace(st, sides=sides + st.sides[1:], signs=self._last.signs[start:] + st.signs)

    @property
    def doctor(self) -> Doctor:
        """Who looks for the mistake in a wrong claim, with what the document offers so far."""
        return Doctor(self.document.text, parts(self.document, self.symbols))

    # Statements

    def _statement(self, f: s.Formula, st: s.Statement, whole: s.Statement) -> None:
        old = len(whole.signs) - len(st.signs)
        self._number += 1
        if not st.signs:
            if f.display and not all(isinstance(x, s.Words) for x in st.sides):
                self._say(st, "not understood", reason=self._unread(st) or "there is no relation in it")
            return
        run = old
        while run > 0 and whole.signs[run - 1] in EQUALITIES:
            run -= 1
        for k in range(old, len(whole.signs)):
            left, right, sign = whole.sides[k], whole.sides[k + 1], whole.signs[k]
            if sign not in EQUALITIES:
                run = k + 1
            if left is None or right is None:
                self._say(st, "not understood", reason="the line that this one goes on from is missing")
            elif sign in EQUALITIES:
                sides = [x for x in whole.sides[run : k + 1] if x is not None]
                self._equality(f, st, sides, sign, right)
            elif sign == "in":
                line = self._line(st)
                start = self._start_of_run(whole, k)
                words = f"{self._sentence(f.words_before)} {self._sentence(f.words_after, last=False)}"
                told = [
                    self.definitions.declares(x, right, line, words)
                    for x in whole.sides[start : k + 1]
                    if x is not None and (self._is_name(x) or k == start)
                ]
                self._say(st, "definition" if told and all(told) else "not understood", reason="" if told else "a set")
            elif sign in ("<", ">", "<=", ">="):
                told = self.definitions.bounds(left, sign, right, self._line(st))
                self._say(st, "definition" if told else "not understood", reason="" if told else "a comparison")
            elif sign not in SILENT:
                self._say(st, "not understood", reason=f"the relation {sign}")

    @staticmethod
    def _sentence(words: str, last: bool = True) -> str:
        """The part of the prose next to a formula that speaks of it."""
        pieces = re.split(r"[.,;:]\s", words)
        return pieces[-1] if last else pieces[0]

    @staticmethod
    def _start_of_run(whole: s.Statement, k: int) -> int:
        while k > 0 and whole.signs[k - 1] in EQUALITIES:
            k -= 1
        return k

    def _is_name(self, x: s.Node | None) -> bool:
        if x is None:
            return False
        items = x.items if isinstance(x, s.Group) and len(x.items) > 1 else (x,)
        return all(self.symbols.split(i) is not None for i in items)

    def _equality(self, f: s.Formula, st: s.Statement, sides: list[s.Node], sign: str, right: s.Node) -> None:
        left, line = sides[-1], self._line(st)
        if len(sides) > 1 and self._updates(sides[0], sides[1]):
            sides = sides[1:]  # w = w − η g = …: what comes after is the value of the right side
        elif len(sides) == 1 and self._updates(left, right):
            self._update(f, st, right)
            return
        try:
            if len(sides) == 1 and self._goes_up(left, right):
                self._update(f, st, right)
                self.definitions.defines(left, sign, right, line)
                return
            if len(sides) == 1 and self.definitions.defines(left, sign, right, line):
                self._say(st, "definition", right=right)
                return
            if self.definitions.names(left, right, line) or self.definitions.sums_to_one(left, right):
                self._say(st, "definition", right=right)
                return
        except NotUnderstoodError as e:
            self._say(st, "not understood", reason=e.message, right=right)
            return
        unread = self._unread(st)
        if unread and any(isinstance(n, s.Unread) for x in (left, right) for n in s.walk(x)):
            self._say(st, "not understood", reason=unread, right=right)
            return
        self.symbols.loose = self._bound_by_functions(sides[0])
        self._claim(f, st, sides, right)
        self.symbols.loose = set()

    # Steps of gradient descent

    def _updates(self, left: s.Node, right: s.Node) -> bool:
        """`w ← w − η g`, in the same letter: not an equation."""
        if not isinstance(right, s.Sum) or len(right.terms) < 2:
            return False
        found = self.symbols.split(left)
        return found is not None and written(right.terms[0][1]) == written(left)

    def _goes_up(self, left: s.Node, right: s.Node) -> bool:
        """`w_new = w + η g` where g is the gradient of a loss by w."""
        if not (isinstance(right, s.Sum) and len(right.terms) == 2 and right.terms[0][0] == right.terms[1][0] == 1):
            return False
        a, b = bare(left), bare(right.terms[0][1])
        if a is None or b is None or a[0] != b[0] or written(left) == written(right.terms[0][1]):
            return False
        return bool(self._gradients(right)) and not ASCENT.search(self.document.text)

    def _gradients(self, right: s.Sum) -> list[s.Derivative]:
        """The derivative of a loss by the first term that the second one is a multiple of."""
        weight, step = right.terms[0][1], right.terms[-1][1]
        for loss in self.symbols.survey.by:
            d = s.Derivative(s.Symbol(loss), (weight,))
            tries = [step]
            if isinstance(step, s.Product):
                _, *rest = step.factors
                tries += [s.Product(tuple(rest), step.signs[1:])] if len(rest) > 1 else rest
            if any(judge(Setting(self.symbols).fork(), d, x, f"s{self._number}").equal for x in tries):
                return [d]
        return []

    def _update(self, f: s.Formula, st: s.Statement, right: s.Node) -> None:
        """A step: its sign is looked at where it goes along the derivative of a loss; no more can be said."""
        assert isinstance(right, s.Sum)
        sign, step = right.terms[-1]
        slopes = [n for n in s.walk(step) if isinstance(n, s.Derivative)] or self._gradients(right)
        losses = all((name := bare(n.of)) is not None and name[0].lstrip("cal_").upper() in LOSSES for n in slopes)
        minus = any(isinstance(n, s.Sum) and n.terms[0][0] < 0 for n in s.walk(step))
        if (
            sign > 0
            and len(right.terms) == 2
            and slopes
            and losses
            and not minus
            and not ASCENT.search(self.document.text)
        ):
            mended = s.Sum((right.terms[0], (-1, step)))
            text = self.doctor.printer(mended)
            d = Diagnosis("update-sign", say("update-sign", text), *span(self.document.text, right), text)
            self._say(st, "wrong", right=right, kind=d.kind, reason=d.reason, repair=self._mended(f, st, d))
            return
        self._say(st, "definition", right=right, reason="a step")

    def _bound_by_functions(self, side: s.Node) -> set[Key]:
        """The t of σ′(t) = … where nothing else is known of t: any number."""
        out: set[Key] = set()
        for n in s.walk(side):
            if isinstance(n, s.Product) and len(n.factors) == 2 and isinstance(n.factors[1], s.Group):
                for x in n.factors[1].items:
                    if isinstance(x, s.Symbol) and not self.symbols.knows(Key(x.name)):
                        out.add(Key(x.name))
        return out

    # Verdicts

    def _claim(self, f: s.Formula, st: s.Statement, sides: list[s.Node], right: s.Node) -> None:
        first = Judgement("unclear")
        for reading in self._readings():
            found, anchor = self._against(Setting(self.symbols, reading), sides, right)
            if found.equal:
                self._say(st, "right", right=right)
                return
            if first.how == "unclear" or reading == Reading():
                first = found if reading == Reading() or first.how == "unclear" else first
            del anchor
        if self._rounds(sides, right):
            self._round(sides, right)
            self._say(st, "right", right=right)
            return
        if first.how == "unclear" or first.unknown:
            reason = first.reason or "a loss of which nothing is known stands on one side alone"
            self._say(st, "not understood", reason=reason, right=right)
            return
        because = self._follows(sides, right)
        if because is not None:
            self._note(sides, right, self._line(st), because)
            self._say(st, "follows", right=right, because_of=because)
            return
        self._accuse(f, st, sides, right, first)

    def _accuse(self, f: s.Formula, st: s.Statement, sides: list[s.Node], right: s.Node, found: Judgement) -> None:
        """A claim that is not true: the mistake in it, if one explains it; without one, shapes alone do not suffice."""
        line = self._line(st)
        anew = len(sides) == 1 and self._may_be_new(sides[0], right, line)
        if self._loose:
            self._say(st, "not understood", reason="it may go on from more than one equation", right=right)
            return
        d = None
        if not anew or not (literal(right) is not None or isinstance(sides[0], s.Product)):
            d = self.doctor.diagnose(Setting(self.symbols), sides, right, f"s{self._number}")
        if (d is None or d.kind == "other") and anew and self._again(sides[0], right, line):
            self._say(st, "definition", right=right, reason="it is defined anew")
            return
        if d is None and (found.how == "misfit" or found.assumed):
            reason = found.reason or "nothing is said of some of its letters"
            self._say(st, "not understood", reason=reason, right=right)
            return
        self._note(sides, right, line, line)
        if d is None:
            kind = "other" if found.how == "different" else "shape"
            reason = found.reason or "the two sides differ"
            self._say(st, "wrong", right=right, kind=kind, reason=reason, counterexample=found.example or None)
            return
        repair = self._mended(f, st, d)
        self._say(
            st,
            "wrong",
            right=right,
            kind=d.kind,
            reason=d.reason,
            repair=repair,
            counterexample=found.example or None,
        )

    def _may_be_new(self, left: s.Node, right: s.Node, line: int) -> bool:
        """Whether a symbol may get another meaning here: in another section, or by numbers for a formula."""
        core = left.factors[0] if isinstance(left, s.Product) and len(left.factors) == 2 else left
        found = self.symbols.split(core)
        if found is None:
            return False
        d = self.symbols.definition(found[0])
        if d is not None and literal(right) is not None and literal(d[0].body) is None:  # type: ignore[arg-type]
            return value(Setting(self.symbols).fork(), left, "new") is None or self._is_open(left)
        before = d[0].line if d is not None else self.symbols.given.get(found[0], 0)
        return bool(before) and any(before < at <= line for at in self._sections)

    def _is_open(self, left: s.Node) -> bool:
        """Whether the value of a symbol is not a matter of given numbers."""
        made = value(Setting(self.symbols).fork(), left, "new")
        return made is None or any(v not in made[0].known for v in made[1].body.variables)

    @cached_property
    def _sections(self) -> list[int]:
        """The lines where a section or an exercise begins."""
        return [n for n, text in enumerate(self.document.text.splitlines(), 1) if SECTION.match(text)]

    def _again(self, left: s.Node, right: s.Node, line: int) -> bool:
        """A symbol that is given another meaning: what no mistake explains is a definition, the last one in force."""
        found = self.symbols.split(left)
        if found is not None:
            self.symbols.numbers.pop(found[0], None)
        return self.definitions.defines(left, ":=", right, line)

    def _mended(self, f: s.Formula, st: s.Statement, d: Diagnosis) -> str | None:
        """The row of the document with the repair in it."""
        row = [x for x in f.statements if x.row == st.row]
        start, end = min(x.start for x in row), max(x.end for x in row)
        if d.end <= d.start or not start <= d.start <= d.end <= end:
            return None
        text = self.document.text
        return (text[start : d.start] + d.text + text[d.end : end]).strip()

    def _readings(self) -> tuple[Reading, ...]:
        used = self.symbols.survey.slots.keys() | self.symbols.survey.functions
        sigma = "sigma" in used and "sigma" not in self.symbols.survey.known_functions
        out = [Reading()]
        out += [Reading(inputs_first=True), Reading(rows=True), Reading(rows=True, inputs_first=True)]
        if sigma:
            out += [replace(r, sigmoid=True) for r in out]
        if SIMPLEX.search(self.document.text):
            out += [replace(r, targets=True) for r in out]
        out.append(Reading(direct=True))
        return tuple(out)

    def _against(self, setting: Setting, sides: list[s.Node], right: s.Node) -> tuple[Judgement, s.Node]:
        """The right side against the first side of the chain that is understood."""
        found, anchor = Judgement("unclear"), sides[0]
        for anchor in (sides[0], *reversed(sides[1:])):
            trial = setting.fork()
            found = judge(trial, anchor, right, f"s{self._number}")
            if found.equal:
                self.symbols.sizes = trial.symbols.sizes
                self._established(found.assumed)
            if found.how != "unclear":
                break
        return found, anchor

    def _established(self, assumed: tuple[Key, ...]) -> None:
        """A Greek letter that was taken for a number, in a line that is right, is one."""
        for key in assumed:
            if (
                (key.base in GREEK or len(key.base) == 1)
                and not key.labels
                and key not in self.symbols.loose
                and not self.symbols.knows(key)
            ):
                if key.base in GREEK:
                    self.symbols.declare(key, Declaration(()))

    def _follows(self, sides: list[s.Node], right: s.Node) -> int | None:
        """The line of the mistake that this one is right by, if it is."""
        if not self.faults:
            return None
        for faults in [[x] for x in reversed(self.faults)] + [self.faults]:
            given: dict[str, Val] = {}
            for x in faults:
                given.update(x.given)
            for side in dict.fromkeys((sides[0], sides[-1])):
                found = judge(Setting(self.symbols, Reading(), given).fork(), side, right, f"s{self._number}")
                if found.equal:
                    return faults[-1].root
                if self._decimal(sides, right):
                    both = {**self.rounded, **given}
                    if judge(
                        Setting(self.symbols, Reading(), both, True).fork(), side, right, f"s{self._number}"
                    ).equal:
                        return faults[-1].root
        return None

    # Rounding

    def _decimal(self, sides: list[s.Node], right: s.Node) -> bool:
        """Whether printed digits are at play."""
        return bool(self.rounded) or any(
            isinstance(n, s.Number) and n.places is not None for x in (*sides, right) for n in s.walk(x)
        )

    def _rounds(self, sides: list[s.Node], right: s.Node) -> bool:
        """Whether a claim about numbers is right within the digits that are printed, here or in lines before."""
        if not self._decimal(sides, right):
            return False
        for given in ({}, self.rounded):
            for side in dict.fromkeys((sides[0], sides[-1])):
                if judge(Setting(self.symbols, Reading(), given, True).fork(), side, right, f"s{self._number}").equal:
                    return True
        return False

    def _round(self, sides: list[s.Node], right: s.Node) -> None:
        """Keep rounded values: later lines may go on with them."""
        if literal(right) is None:
            return
        found = value(Setting(self.symbols, rounded=True), right, f"s{self._number}")
        if found is not None:
            self.rounded.update(self._keys(sides, found[1]))

    def _note(self, sides: list[s.Node], right: s.Node, line: int, root: int) -> None:
        """Keep what a claim that is not true gave to the sides before it."""
        rounded = literal(right) is not None and self._decimal([], right)
        found = value(Setting(self.symbols, rounded=rounded).fork(), right, f"s{self._number}")
        if found is None:
            return
        self.faults.append(Fault(line, root, self._keys(sides, found[1])))

    def _keys(self, sides: list[s.Node], given: Val) -> dict[str, Val]:
        """The value under the names of the sides that it was given to."""
        out: dict[str, Val] = {}
        for side in sides:
            if isinstance(side, s.Number):
                continue
            out[written(side)] = given
            split = self.symbols.split(side)
            if split is not None and not split[1] and split[2] is None:
                out[str(split[0])] = given
        return out

    # Claims

    def _line(self, st: s.Statement) -> int:
        return self.document.place(st.start)[0]

    def _unread(self, st: s.Statement) -> str:
        return next((n.reason for n in s.walk(st) if isinstance(n, s.Unread)), "")

    def _say(
        self,
        st: s.Statement,
        verdict: Outcome,
        right: s.Node | None = None,
        reason: str = "",
        kind: str | None = None,
        repair: str | None = None,
        counterexample: str | None = None,
        because_of: int | None = None,
    ) -> None:
        start, end = st.start, st.end
        line, column = self.document.place(start)
        if right is not None and right.end > right.start:
            line, column = self.document.place(right.start)
        self.claims.append(
            Claim(
                line, column, self.document.text[start:end].strip(), verdict, kind, reason, repair, counterexample,
                because_of, self.document.place(end)[0], start, end,
            )
        )  # fmt: skip
