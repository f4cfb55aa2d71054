"""Losses: each is one expression of the language in the outputs a, the targets t, and the number of samples N."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from chainrule.core.expr import Apply, Expr, SizeValue, Var, const, intern
from chainrule.core.graph import rebuild, replace, walk
from chainrule.core.size import Size
from chainrule.errors import ChainruleError, NetworkError
from chainrule.nets.activations import names
from chainrule.notation.parser import parse_program
from chainrule.notation.source import nearest
from chainrule.primitives.arithmetic import div_p, mul_p, neg_p
from chainrule.primitives.functions import table

Points = list[list[Fraction]]


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss.

    entries: what is summed over outputs and samples, entry by entry, from a, t and δ.
    factor: a number in front; per_feature: it is also divided by the number of outputs.
    reduction: "mean" or "sum" over the samples, where the file does not say.
    target: what the targets must be: "any", "distribution" (each sample sums to one), "unit" (0 … 1), "signs" (±1).
    output: "any", "distribution" (softmax), "unit" (0 … 1, as from a sigmoid).
    """

    name: str
    entries: str
    factor: Fraction = Fraction(1)
    per_feature: bool = False
    reduction: str = "mean"
    target: str = "any"
    output: str = "any"
    source: str = ""

    @property
    def summary(self) -> str:
        """The loss as a formula of the output a and the target t."""
        body = self.entries or "t*log_softmax(a)"
        factor = "" if self.factor == 1 else "-" if self.factor == -1 else f"{self.factor} "
        over = "outputs and samples"
        if self.reduction == "mean":
            over = "outputs and samples, over how many they are" if self.per_feature else "outputs, mean over samples"
        return f"{factor}sum of {body} over {over}"


LOSSES: Mapping[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("half squared error", "(a - t)^2", Fraction(1, 2), reduction="sum"),
        Loss("sum of squares", "(a - t)^2", reduction="sum"),
        Loss("mean squared error", "(a - t)^2", per_feature=True),
        Loss("l1", "abs(a - t)"),
        Loss("huber", "where(abs(a - t) <= d, 0.5*(a - t)^2, d*(abs(a - t) - 0.5*d))", source="huber1964"),
        Loss("hinge", "relu(1 - t*a)", target="signs"),
        Loss("cross entropy", "t*log(a)", Fraction(-1), target="distribution", output="distribution"),
        Loss("cross entropy from logits", "", Fraction(-1), target="distribution"),
        Loss("binary cross entropy", "t*log(a) + (1 - t)*log(1 - a)", Fraction(-1), target="unit", output="unit"),
        Loss("binary cross entropy from logits", "softplus(a) - t*a", target="unit"),
        Loss("kl", "t*log(t/a)", target="distribution", output="distribution"),
    )
}
ALIASES = {
    "mse": "mean squared error",
    "squared error": "half squared error",
    "sse": "sum of squares",
    "crossentropy": "cross entropy",
    "mean absolute error": "l1",
    "mae": "l1",
    "bce": "binary cross entropy",
    "bce from logits": "binary cross entropy from logits",
    "bce with logits": "binary cross entropy from logits",
    "kl divergence": "kl",
    "cross entropy with logits": "cross entropy from logits",
    "binary cross entropy with logits": "binary cross entropy from logits",
}


def find(name: str) -> Loss | None:
    """The loss of this name; None if the text is an expression.

    Raises:
        NetworkError: it looks like a name, and there is no such loss.
    """
    if not name.strip():
        raise NetworkError("the loss is empty", hint=f"one of {', '.join(LOSSES)}")
    plain = " ".join(name.lower().replace("-", " ").replace("_", " ").split())
    plain = ALIASES.get(plain, plain)
    if plain in LOSSES:
        return LOSSES[plain]
    if plain.replace(" ", "").isalnum() and any(len(word) > 1 for word in plain.split()):
        near = nearest(plain, [*LOSSES, *ALIASES])
        raise NetworkError(
            f"there is no loss {name!r}", hint=near or f'{", ".join(LOSSES)}, or an expression: "sum((a - t).^2)/N"'
        )
    return None


def named(
    loss: Loss, a: Expr, t: Expr, samples: Size | None, reduction: str, delta: Fraction | None, target: Points | None
) -> Expr:
    """A loss of outputs a for targets t: vectors for one sample, units × samples for more.

    Raises:
        NetworkError: a number is given that the loss does not have.
    """
    if delta is not None and loss.name != "huber":
        raise NetworkError(f"delta belongs to the Huber loss, not to {loss.name}", hint='loss = "huber"')
    total = table["sum"](_entries(loss, a, t, delta, target))
    under: list[Expr] = []
    if loss.per_feature:
        under.append(SizeValue(a.shape[0]))
    if reduction == "mean" and samples is not None:
        under.append(SizeValue(samples))
    if abs(loss.factor) != 1:
        total = mul_p(const(loss.factor), total)
    if under:
        total = div_p(total, under[0] if len(under) == 1 else mul_p(*under))
    return neg_p(total) if loss.factor == -1 else total


def _entries(loss: Loss, a: Expr, t: Expr, delta: Fraction | None, target: Points | None) -> Expr:
    """What is summed: as it is written by hand, so that a δ of 1 and a target of 0 leave no trace of their own."""
    if loss.name == "cross entropy from logits":
        return t * table["log_softmax"](a, 0)
    text = loss.entries
    if loss.name == "huber" and delta in (None, 1):
        text = HUBER_OF_ONE
    if loss.name == "kl" and target is not None and any(not x for row in target for x in row):
        text = KL_WITH_ZEROS
    program = parse_program(text, "a, t, d: scalar")
    scalars = {v.name: v for v in program.expression.variables}
    values: dict[Expr, Expr] = {scalars["a"]: a, scalars["t"]: t}
    if "d" in scalars:
        values[scalars["d"]] = const(1 if delta is None else delta)
    return replace(program.expression, values)


HUBER_OF_ONE = "where(abs(a - t) <= 1, 0.5*(a - t)^2, abs(a - t) - 0.5)"
KL_WITH_ZEROS = "t*log(where(t > 0, t, 1)/a)"  # 0 log 0 is 0


def written(text: str, a: Expr, t: Expr, samples: Size | None, reduction: str | None, delta: Fraction | None) -> Expr:
    """A loss that the file writes as an expression in a, t and N.

    Raises:
        NetworkError: the expression is none, or something is said that it has to say itself.
    """
    if reduction is not None:
        raise NetworkError(
            f"a loss that is an expression says itself what is averaged: no reduction = {reduction!r}",
            hint='loss = "sum((a - t).^2)/N"',
        )
    if delta is not None:
        raise NetworkError("delta belongs to the Huber loss, not to an expression", hint='loss = "huber"')
    shape = "p q" if a.ndim == 2 else "p"
    try:
        program = parse_program(text, f"a, t: {shape}; N: scalar")
    except ChainruleError as problem:
        raise NetworkError(f"loss: {problem.message}", place=problem.place, hint=problem.hint) from None
    e = program.expression
    strangers = [v.name for v in e.variables if v.name not in ("a", "t", "N")]
    if strangers:
        raise NetworkError(f"loss: an expression in a, t and N; nothing is known of {strangers[0]}")
    if e.shape:
        raise NetworkError(f"loss: {text!r} is not one number", hint=f"sum({text})")
    if "a" not in {v.name for v in e.variables}:
        raise NetworkError(f"loss: {text!r} does not depend on the outputs a", hint='"sum((a - t).^2)"')
    given: dict[str, Expr] = {"a": a, "t": t, "N": const(1) if samples is None else SizeValue(samples)}
    return _without_ones(replace(e, {v: given[v.name] for v in e.variables}))


def _without_ones(e: Expr) -> Expr:
    """The same without / 1, which is what N leaves of a batch of one sample."""
    done: dict[Expr, Expr] = {}
    for node in walk(e):
        new = rebuild(node, {k: done[k] for k in node.args}) if isinstance(node, Apply) else node
        if isinstance(new, Apply) and new.op is div_p and new.args[1] is const(1):
            new = new.args[0]
        done[node] = new
    return done[e]


def check(loss: Loss, target: Points | None, outputs: int | str, activation: str) -> None:
    """Refuse targets and outputs that the loss is not made for.

    Raises:
        NetworkError: says which sample does not fit, or which activation is missing.
    """
    if loss.target == "distribution" and outputs == 1:
        raise NetworkError(
            f"{loss.name} needs an output for each class, and there is one", hint='loss = "binary cross entropy"'
        )
    wrong = _TARGETS[loss.target]
    for n, column in enumerate(zip(*target, strict=True) if target else (), 1):
        said = wrong(column)
        if said:
            raise NetworkError(f"{loss.name}: the target of sample {n} {said}")
    if loss.output == "distribution" and activation != "softmax":
        raise NetworkError(
            f"{loss.name} takes probabilities, and the last activation is {activation}",
            hint='activation = "softmax"' + (', or loss = "cross entropy from logits"' if loss.name != "kl" else ""),
        )
    unit = activation == "sigmoid" or (activation == "softmax" and outputs != 1) or activation not in names()
    if loss.output == "unit" and not unit:
        always = ", which is always 1 for one unit" if activation == "softmax" else ""
        raise NetworkError(
            f"{loss.name} takes probabilities, and the last activation is {activation}{always}",
            hint='activation = "sigmoid", or loss = "binary cross entropy from logits"',
        )


def _not_a_distribution(column: tuple[Fraction, ...]) -> str:
    if any(t < 0 for t in column):
        return "has an entry below 0"
    total = sum(column)
    return "" if total == 1 else f"sums to {total}, not to 1"


_TARGETS: Mapping[str, Callable[[tuple[Fraction, ...]], str]] = {
    "any": lambda column: "",
    "distribution": _not_a_distribution,
    "unit": lambda column: "" if all(0 <= t <= 1 for t in column) else "does not lie between 0 and 1",
    "signs": lambda column: "" if all(t in (1, -1) for t in column) else "is not 1 or −1",
}


def target_variable(loss: Loss | None, shape: tuple[Size, ...], target: Points | None) -> Var:
    """The variable t, with the facts that its values have."""
    facts = set[str]()
    if loss is not None and loss.target == "distribution":
        sharp = target is not None and all(t in (0, 1) for row in target for t in row)
        kind = "onehot" if sharp else "simplex"
        facts.add(kind if len(shape) == 1 else f"{kind}(0)")
    return intern(Var, "t", shape, frozenset(facts), None)
