"""One step of a worked example written out: every formula with the numbers put in, and the tables of z, a and δ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainrule.core.expr import Expr
from chainrule.nets.formulas import Formulas
from chainrule.nets.numerals import APPROXIMATELY, array, number, rounded, with_decimal
from chainrule.nets.spelled import entrywise, spelled, summed
from chainrule.nets.stages import Stage
from chainrule.nets.work import StageValues, Step, Worked
from chainrule.nets.writer import AT_ONCE, BECOMES, EQUALS, MINUS, PLUS, C
from chainrule.pages.document import Block, Details, Equations, Inline, Note, Paragraph, Row, Table
from chainrule.pages.math import Math


class Numbers:
    """Writes one step of a worked example."""

    def __init__(self, w: Worked, step: Step) -> None:
        self.w, self.step, self.net = w, step, w.net
        self.f = Formulas(w.net, w.formulas)
        self.write = self.f.write

    def value(self, e: Expr) -> Any:
        """The value of an expression in this step."""
        return self.w.value(e, self.step)

    def chain(self, *parts: Math) -> Math:
        """Parts joined by =, those left out that say what was just said."""
        out: list[Math] = []
        for part in parts:
            if out and str(out[-1]) == str(part):
                continue
            out += [EQUALS, part] if out else [part]
        return Math.row(*out)

    def ended(self, start: Math, value: Any) -> Math:
        """A chain that ends in its value."""
        result = array(value)
        if start.parts and str(start.parts[-1]) == str(result):
            return start
        return Math.row(*(start.parts or (start,)), APPROXIMATELY if rounded(value) else EQUALS, result)

    def full(self, left: Math, e: Expr, value: Any) -> Math:
        """left = formula = formula with numbers = value."""
        return self.ended(self.chain(left, self.write.of(e), spelled(e, self.value)), value)

    # ------------------------------------------------------------ lines

    def net_line(self, v: StageValues) -> Row:
        """z = W a + b = numbers."""
        return Row(self.full(self.write.name(v.stage.z), v.stage.net, v.z))

    def out_line(self, v: StageValues) -> Row:
        """a = σ(z) = numbers."""
        return Row(self.activated(v.stage, v.z, v.a))

    def loss_line(self) -> Row:
        """C = numbers."""
        return Row(self.loss(), self.f.loss_words())

    def error_line(self, s: Stage) -> Row:
        """δ = ∂C/∂z = formula = numbers."""
        value = self.step.values[s.delta.name]
        e = self.w.formulas.delta[s]
        left = Math.row(self.write.name(s.delta), EQUALS, self.write.slope(s.z))
        return Row(self.ended(self.chain(left, self.write.of(e), spelled(e, self.value)), value))

    def gradient_line(self, name: str) -> Row:
        """∂C/∂W = formula = numbers."""
        return Row(self.full(self.write.slope(name), self.w.formulas.parameters[name], self.step.gradients[name]))

    # ------------------------------------------------------------ the parts of a step

    def forward(self) -> Iterator[Block]:
        """The table of z and a, and every line of it written out."""
        rows: list[tuple[Inline, ...]] = []
        lines: list[Row] = []
        first = self.net.stages[0].reads[0]
        rows.append(("0", self.write.name(first), "", array(self._input(first.name))))
        for v in self.step.stages:
            s = v.stage
            rows.append((s.label, self.write.of(s.net), array(v.z), array(v.a)))
            lines += [self.net_line(v), self.out_line(v)]
        yield Table(("layer", "net input", "z", "a"), tuple(rows))
        yield Equations(tuple(lines))
        yield Equations((self.loss_line(),))

    def _input(self, name: str) -> Any:
        return self.step.values[name]

    def activated(self, s: Stage, z: Any, a: Any) -> Math:
        """a = σ(z) = σ of the numbers = the numbers."""
        if s.out is s.z:
            return self.ended(self.chain(self.write.name(s.a), self.write.name(s.z)), a)
        each = entrywise(s, z) if rounded(a) else None
        return self.ended(self.chain(self.write.name(s.a), self.write.of(s.out), *([each] if each else ())), a)

    def loss(self) -> Math:
        """C = formula = formula with numbers = value."""
        said = summed(self.net.loss, self.value) if self.net.penalty is None else None
        return self.ended(self.chain(C, self.f.cost(), *([said] if said else ())), self.step.loss_before)

    def backward(self) -> Iterator[Block]:
        """The table of δ, the last layer first, and every line of it written out."""
        rows: list[tuple[Inline, ...]] = []
        lines: list[Row] = []
        for s, e in self.w.formulas.delta.items():
            value = self.step.values[s.delta.name]
            rows.append((s.label, self.write.of(e), array(value)))
            lines.append(self.error_line(s))
        yield Table(("layer", "formula", "δ"), tuple(rows))
        yield Equations(tuple(lines))

    def gradients(self) -> Iterator[Block]:
        """The gradient of every parameter, and of the input."""
        yield Equations(tuple(map(self.gradient_line, self.step.gradients)))
        inputs = [
            Row(self.full(self._through(v.stage), self.w.formulas.inputs[v.stage], v.dx)) for v in self.step.stages
        ]
        yield Details("The gradients of what each layer reads", (Equations(tuple(inputs)),))

    def _through(self, s: Stage) -> Math:
        readers = self.w.formulas.readers_of(s.reads[0])
        slope = self.write.slope(s.reads[0])
        return slope if len(readers) == 1 else Math.row(slope, Math.words(f"through {s.label}"))

    def update(self) -> Iterator[Block]:
        """The new parameters, from old ones and gradients; with momentum through velocities."""
        rate, lines = number(self.net.learning_rate), list[Row]()
        for n, new in self.step.after.items():
            change = self._change(n)
            if self.step.velocity:
                lines.append(self._velocity_line(n, change))
                change = array(self.step.velocity[n])
            elif change.parts:
                change = Math.bracket(change)
            right = Math.row(array(self.step.before[n]), MINUS, Math.scaled(rate, change))
            lines.append(Row(self.ended(Math.row(self.write.name(n), BECOMES, *right.parts), new)))
        yield Equations(tuple(lines))
        yield Paragraph((AT_ONCE,))

    def _change(self, name: str) -> Math:
        """The gradient in numbers, and what the weight decay adds to it."""
        gradient, decay = array(self.step.gradients[name]), self.net.spec.update.weight_decay
        if not decay or name.startswith("b"):
            return gradient
        return Math.row(gradient, PLUS, Math.scaled(number(decay), array(self.step.before[name])))

    def _velocity_line(self, name: str, change: Math) -> Row:
        """v ← μ v + gradient = numbers."""
        parts = change.parts or (change,)
        if self.step.number > 1:
            old = self.w.steps[self.step.number - 2].velocity[name]
            parts = (Math.scaled(number(self.net.momentum), array(old)), PLUS, *parts)
        return Row(self.ended(Math.row(self.f.velocity(name), BECOMES, *parts), self.step.velocity[name]))

    def losses(self) -> Iterator[Block]:
        """The loss before and after the update."""
        before, after = self.step.loss_before, self.step.loss_after
        yield Table(
            ("", "before the update", "after the update"),
            ((C, with_decimal(before), with_decimal(after)),),
        )
        if self.step.grew:
            why = "it went too far" if self.step.velocity else "the learning rate is too large here"
            yield Note(f"The update made the loss larger: {why}.", "warning")
