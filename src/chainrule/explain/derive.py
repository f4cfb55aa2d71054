"""Derivatives with their derivations, and the short ways to the result alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, overload

from chainrule.core.expr import Apply, Array, Expr, ExprLike, Partial, Var, access, intern
from chainrule.core.graph import alike, walk
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.diff.reverse import LETTERS, Cotangent, Sweep, Use, closed, dependent, seed, sweep
from chainrule.errors import NotDifferentiable, ShapeError, UnknownName, WrongType
from chainrule.explain import checks
from chainrule.explain.constrained import REASONS, check, space, within
from chainrule.explain.derivation import Derivation, in_matrices
from chainrule.explain.inputs import Name, Text, parsed, parsed_beside, several
from chainrule.explain.reasons import facts_used
from chainrule.explain.step import Check, Step
from chainrule.explain.sweep_steps import SweepSteps
from chainrule.explain.thin import narrowed, widened
from chainrule.explain.variation import common
from chainrule.notation.lexer import plain
from chainrule.notation.parser import hints
from chainrule.primitives.shapes import show
from chainrule.recover.build import Context, always, cost
from chainrule.recover.kronecker import vec_form
from chainrule.recover.strategy import freezer, shortest, without_facts_about
from chainrule.rewrite.readable import tidy
from chainrule.rewrite.terms import Terms, expr_of, terms_of


def derive(
    expression: Text,
    wrt: Name | tuple[Name, ...],
    order: int = 1,
    constrained: bool = False,
    layout: str | None = None,
) -> Derivation:
    """The derivative of an expression by a variable, with every step.

    Shapes:
        expression: (*a); wrt: (*b)
        result: (*a, *b); a scalar's gradient has the variable's shape, a second derivative appends axes again

    Args:
        wrt: a variable of the expression, or its name; a tuple is the mixed derivative, by each in turn.
        order: 2 is the second derivative by one variable (the Hessian of a scalar).
        constrained: differentiate within the matrices that a fact about the variable describes, such as the symmetric
            ones, where S_ij and S_ji vary together; else all entries vary freely.
        layout: "numerator" or "denominator" for the matrix form that is shown. `result` and its code keep the shape
            above.

    Raises:
        UnknownName: the expression has no such variable.
        NotDifferentiable: the derivative does not exist.
        DomainError: a constant in it has no value, such as 0/0.
        NoRuleError: a primitive lacks the rule that was needed.

    Examples:
        >>> import chainrule as cr
        >>> e = cr.parse("0.5*x'*A*x", given="A: n n symmetric; x: n")
        >>> derive(e, "x").text()
        'A*x'
        >>> derive(cr.parse("logdet(S)", given="S: n n spd"), "S", constrained=True).text()
        'inv(S).*(2 - eye(n))'
    """
    expression = parsed(expression)
    if isinstance(wrt, list):
        raise WrongType(
            "a list is several derivatives, and a derivation has one",
            hint='cr.grad(e, ["W", "b"]) gives the gradients; a tuple is the mixed second derivative',
        )
    names = wrt if isinstance(wrt, tuple) else (wrt,) * _checked(order)
    by = tuple(variable(expression, v) for v in names)
    if not by:
        raise UnknownName("nothing to differentiate by", hint="name a variable: wrt='x'")
    if len(by) > 2:
        raise NotDifferentiable(f"derivatives of order {len(by)} are not offered", hint="order 1 or 2")
    spaces = [space(v) if constrained else None for v in by]
    steps, last, indices = _stages(expression, by, spaces)
    split = len(indices) - last.v.ndim
    vec = None
    if len(indices) > 2 and (len(by) == 1 or (not expression.shape and len(set(by)) == 1)):
        vec = last.vec
    if vec is not None:
        steps.append(_vec_step(last.result, vec, indices, split, steps[-1].group + 1 if steps else 0))
    notes = _notes(expression, by, last.result)
    known = hints(expression)
    steps = _without_repeats(steps)
    d = Derivation(expression, by, last.result, tuple(steps), tuple(indices), vec, notes, known, layout)
    if layout is not None:
        _ = d.shown  # a layout that cannot be is an error now
    return d


def _stages(
    expression: Expr, by: tuple[Var, ...], spaces: Sequence[str | None]
) -> tuple[list[Step], _Stage, list[Index]]:
    """One differentiation after the other: all steps, the last stage, and the indices of its result."""
    steps: list[Step] = []
    own = _indices(expression, by)
    done = list(own[0])
    stage: _Stage | None = None
    for n, v in enumerate(by):
        last = n == len(by) - 1
        use = always if last else without_facts_about(by)
        current = expression if stage is None else stage.result
        stage = _Stage(current, v, use, tuple(done), own[n + 1], spaces[n])
        steps += _within(list(stage.steps(last)), by[n + 1 :], own[n + 2 :])
        done += own[n + 1]
    assert stage is not None
    return steps, stage, done


def _without_repeats(steps: list[Step]) -> list[Step]:
    """The steps without those that change nothing to a reader, and without detours that come back to a formula.

    Nothing changes where the two sides are one formula but for the letters of sums, or an array is put for its entry.
    """
    out: list[Step] = []
    for n, s in enumerate(steps):
        after = s.after.body if isinstance(s.after, Array) and not isinstance(s.before, Array) else s.after
        start = next((k for k in range(-min(DETOUR, len(out)), 0) if alike(out[k].before, after)), 0)
        if not start and not alike(s.before, after):
            out.append(s)
            continue
        before = out[start].before if start else s.before
        kept = out[:start] if start else out
        if n + 1 < len(steps):
            steps[n + 1].before = before
        elif kept:
            kept[-1].after = s.after
        else:
            return steps
        out = kept
    return out or steps


DETOUR = 2  # steps after which a formula may come back


def _indices(expression: Expr, by: Sequence[Var]) -> list[tuple[Index, ...]]:
    """The result's indices: the expression's, then each variable's."""
    letters = iter(LETTERS)
    return [tuple(fresh(n, next(letters, "i")) for n in e.shape) for e in (expression, *by)]


def _vec_step(result: Expr, vec: Expr, indices: list[Index], split: int, group: int) -> Step:
    """∂vec Y/∂vec X holds the entries of ∂Y/∂X, both sides stacked by columns."""

    def place(axes: list[Index]) -> Affine:
        at = affine(0)
        for i in reversed(axes):
            at = at.scaled(i.size) + i
        return at

    entry = access(vec, place(indices[:split]), place(indices[split:]))
    return Step(
        "vec-form",
        "entries stacked by columns: row j·m + i for Y_ij, column l·p + k for X_kl",
        result,
        vec,
        None,
        group,
        lambda: checks.equation(access(result, *indices), entry),
    )


def _checked(order: int) -> int:
    if not isinstance(order, int) or order not in (1, 2):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise NotDifferentiable(f"order must be 1 or 2, not {order!r}")
    return order


def variable(expression: Expr, v: Name) -> Var:
    """The variable of an expression that a name or a variable stands for."""
    if not isinstance(v, (str, Var)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"a variable or its name is wanted, not {type(v).__name__}", hint='wrt="x"')
    found = {x.name: x for x in (*hints(expression).declared, *expression.variables)}
    if isinstance(v, Var):
        if found.get(v.name, v) is not v:
            raise UnknownName(f"{v.name} of shape {show(v.shape)} is not the {v.name} of this expression")
        return _differentiable(v)
    name = plain(v)
    if name not in found:
        if not found:
            raise UnknownName(f"the expression has no variables, so none named {v!r}")
        raise UnknownName(f"the expression has no variable {v!r}", hint=f"one of {', '.join(found)}")
    return _differentiable(found[name])


def _differentiable(v: Var) -> Var:
    if v.index_size is not None:
        raise NotDifferentiable(f"{v.name} holds whole numbers: there is no derivative by it", hint="another variable")
    return v


class _Stage:
    """One differentiation: the sweep, the result, the steps."""

    def __init__(
        self, e: Expr, v: Var, use: Use, output: tuple[Index, ...], jx: tuple[Index, ...], where: str | None
    ) -> None:
        self.e, self.v, self.jx, self.where = e, v, jx, where
        start = seed(e, output)[1]
        self.sweep: Sweep = sweep(e, [v], start, output, freezer(e, [v], output, use), use)
        ct = self.sweep.cotangents[v]
        self.free = ct.at(tuple(map(affine, jx)))
        self.found = self.free if where is None else tidy(within(self.free, jx, where))
        self.out = output + jx
        self.result, self.terms = _shortest(self.found, self.out, e, use)
        self.wide = _of_any_size(e, v, use) if where is None else None
        self.result = _with_products(self.result, self.terms, self.out, self.wide)

    @property
    def vec(self) -> Expr | None:
        """∂vec/∂vec with Kronecker products, where there is such a form."""
        split = len(self.out) - self.v.ndim
        found = vec_form(self.terms, self.out[:split], self.out[split:], Context())
        if found is None or self.wide is None:
            return found
        _, terms, out = self.wide
        wide = vec_form(terms, out[:split], out[split:], Context())
        return found if wide is None else _simpler(found, narrowed(wide), lambda e: _equation(found, e))

    def steps(self, last: bool) -> Iterator[Step]:
        replay = SweepSteps(self.e, self.v, self.sweep, self.jx)
        yield from replay.steps()
        state, group = replay.state, replay.group
        if self.where is not None:
            before, state, group = state, expr_of(self.found), group + 1
            judged = check(self.free, self.found, self.jx, self.where, self.v)
            yield Step("constrained", REASONS[self.where].format(self.v.name), before, state, None, group, judged)
        yield from self._last(state, group + 1, last)

    def _last(self, state: Expr, group: int, last: bool) -> Iterator[Step]:
        short = expr_of(self.terms)
        if short is not state and not (self.found and len(self.found) == len(self.terms) and self.terms is self.found):
            yield Step(
                "simplify",
                _simplification(self.found, self.terms),
                state,
                short,
                None,
                group,
                lambda: checks.equation(state, short),
            )
            state = short
        factored = common(self.terms)
        if factored is not None:
            before, state = state, expr_of(factored)
            reason = "common factors are put before the bracket"
            yield Step("collect", reason, before, state, None, group, _equation(before, state))
        rule = "matrix-form" if self.out else "result"
        entry = access(self.result, *self.out) if self.out else self.result
        end = self.result if last else entry
        if end is not state:
            yield Step(
                rule,
                _reading(self.result),
                state,
                end,
                None,
                group + 1,
                lambda: checks.equation(state, entry),
            )


def _shortest(terms: Terms, out: tuple[Index, ...], primal: Expr, use: Use) -> tuple[Expr, Terms]:
    """The shortest form that the judge does not refute, so that a fault in recovering one costs its shortness alone."""
    entry = expr_of(terms)

    def accept(e: Expr) -> bool:
        return checks.equation(entry, access(e, *out) if out else e) != "different"

    return shortest(terms, out, primal, use, accept)


Wide: TypeAlias = "tuple[Expr, Terms, tuple[Index, ...]]"
"""A result for axes of any size, its terms and their indices."""


def _with_products(result: Expr, terms: Terms, out: tuple[Index, ...], wide: Wide | None) -> Expr:
    """The result in the form that it has for axes of any size, where that is as simple."""
    if wide is None:
        return result
    entry = expr_of(terms)
    return _simpler(result, narrowed(wide[0]), lambda e: _equation(entry, access(e, *out)))


def _of_any_size(e: Expr, v: Var, use: Use) -> Wide | None:
    """The derivative with axes of any size in the place of those of size 1; None where there are none."""
    found = widened(e)
    wide = found[1].get(v) if found is not None else None
    if found is None or not isinstance(wide, Var):
        return None
    back = {new: old for old, new in found[1].items()}

    def facts(u: Expr) -> bool:
        return use(back.get(u, u))

    output, start = seed(found[0])
    ct = sweep(found[0], [wide], start, output, freezer(found[0], [wide], output, facts), facts).cotangents[wide]
    jx = tuple(fresh(i.size, i.hint) for i in ct.indices)
    result, terms = _shortest(ct.at(tuple(map(affine, jx))), output + jx, found[0], facts)
    return result, terms, output + jx


def _simpler(one: Expr, other: Expr | None, equal: Callable[[Expr], Check]) -> Expr:
    """The other form of a result, where it is equal and at least as simple."""
    if other is None or other.shape != one.shape or not in_matrices(other):
        return one
    longer = in_matrices(one) and cost(other, frozenset()) > cost(one, frozenset())
    return one if longer or equal(other)() not in checks.GOOD else other


def _equation(left: Expr, right: Expr) -> Check:
    return lambda: checks.equation(left, right)


def _simplification(before: Terms, after: Terms) -> str:
    facts = facts_used(before, after)
    return "products written out, equal terms collected" + (f"; given: {facts}" if facts else "")


def _reading(e: Expr) -> str:
    if not e.shape:
        return "collected"
    return (
        "read off as products of matrices and vectors" if in_matrices(e) else "written as sums of products of entries"
    )


def _within(steps: list[Step], later: Sequence[Var], indices: Sequence[tuple[Index, ...]]) -> list[Step]:
    """The steps of the first derivative, seen inside the second: each state is still to be differentiated."""
    for v, jx in zip(later, indices, strict=True):
        entry = access(v, *jx)
        for s in steps:
            s.before, s.after = intern(Partial, s.before, entry), intern(Partial, s.after, entry)
    return steps


def _notes(e: Expr, by: Sequence[Var], result: Expr) -> tuple[str, ...]:
    """The conventions at kinks that the result relies on.

    They are those of the functions that were differentiated, and the values at kinks of those that came about.
    """
    out: dict[str, None] = {}
    present, own = set(walk(result)), dependent(e, list(by))
    for n in walk(e, result):
        if not isinstance(n, Apply) or not n.op.kink:
            continue
        if n in own and (n in present or n.op.elementwise or n.op.define is None):
            out[n.op.kink] = None
        elif n in present:
            out.update(dict.fromkeys(part for part in n.op.kink.split(", ") if _VALUE.match(part)))
    return tuple(out)


_VALUE = re.compile(r"\w+\(0\) = ")


@overload
def grad(expression: Text, wrt: Name) -> Expr: ...
@overload
def grad(expression: Text, wrt: list[Name] | list[str] | list[Var] | tuple[Name, ...]) -> tuple[Expr, ...]: ...
def grad(expression: Text, wrt: Name | Sequence[Name]) -> Expr | tuple[Expr, ...]:
    """The gradient of a scalar by one variable, or by several in one sweep.

    Raises:
        ShapeError: the expression is not a scalar.

    Examples:
        >>> import chainrule as cr
        >>> e = cr.parse("norm2(W*x + b)^2", given="W: m n; x: n; b: m")
        >>> [g.text() for g in grad(e, ["W", "b"])]
        ["2*(W*x + b)*x'", '2*(W*x + b)']
    """
    expression = parsed(expression)
    if expression.shape:
        raise ShapeError(
            f"a gradient needs a scalar, not shape {show(expression.shape)}",
            hint="jacobian, or sum the expression first",
        )
    found = tuple(_results(expression, [variable(expression, v) for v in several(wrt)]))
    return found[0] if isinstance(wrt, (str, Var)) else found


def _results(e: Expr, by: list[Var]) -> list[Expr]:
    output, start = seed(e)
    done = sweep(e, by, start, output, freezer(e, by, output, always), always)
    out: list[Expr] = []
    for v in by:
        ct = done.cotangents[v]
        jx = tuple(fresh(i.size, i.hint) for i in ct.indices)
        result, terms = _shortest(ct.at(tuple(map(affine, jx))), output + jx, e, always)
        out.append(_with_products(result, terms, output + jx, _of_any_size(e, v, always)))
    return out


@overload
def jacobian(expression: Text, wrt: Name) -> Expr: ...
@overload
def jacobian(expression: Text, wrt: list[Name] | list[str] | list[Var] | tuple[Name, ...]) -> tuple[Expr, ...]: ...
def jacobian(expression: Text, wrt: Name | Sequence[Name]) -> Expr | tuple[Expr, ...]:
    """∂expression/∂wrt: the expression's axes, then the variable's. A list of variables gives a tuple."""
    e = parsed(expression)
    found = tuple(_results(e, [variable(e, v) for v in several(wrt)]))
    return found[0] if isinstance(wrt, (str, Var)) else found


def hessian(expression: Text, wrt: Name) -> Expr:
    """The second derivative by one variable: of a scalar, shape (*b, *b)."""
    if not isinstance(wrt, (str, Var)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType("a Hessian is by one variable", hint="cr.derive(e, (x, y)).result is the mixed derivative")
    return derive(expression, wrt, order=2).result


@overload
def vjp(expression: Text, wrt: Name, cotangent: ExprLike | str) -> Expr: ...
@overload
def vjp(
    expression: Text, wrt: list[Name] | list[str] | list[Var] | tuple[Name, ...], cotangent: ExprLike | str
) -> tuple[Expr, ...]: ...
def vjp(expression: Text, wrt: Name | Sequence[Name], cotangent: ExprLike | str) -> Expr | tuple[Expr, ...]:
    """Σ over the expression's axes of cotangent · ∂expression/∂wrt: the pullback of a cotangent, of wrt's shape.

    A list of variables gives a tuple, from one sweep. The cotangent may be a number or a text, in which a new name is a
    variable of the shape that is needed.

    Raises:
        ShapeError: the cotangent has not the shape of the expression.

    Examples:
        >>> vjp("A*x", "x", "y_bar").text()
        "A'*y_bar"
    """
    e = parsed(expression)
    cotangent = parsed_beside(cotangent, e, e.shape)
    _same_shape(cotangent, e, "the cotangent")
    by = [variable(e, v) for v in several(wrt)]
    ix = tuple(fresh(n, "k") for n in e.shape)
    start = Cotangent(ix, terms_of(access(cotangent, *ix), closed))
    done = sweep(e, by, start, (), freezer(e, by, (), always), always)
    found = tuple(_shortest(ct.terms, ct.indices, e, always)[0] for ct in (done.cotangents[v] for v in by))
    return found[0] if isinstance(wrt, (str, Var)) else found


def jvp(expression: Text, tangents: Mapping[Name, ExprLike | str]) -> Expr:
    """Σ over the variables of ∂expression/∂v · tangent: the pushforward, of the expression's shape.

    A tangent may be a number or a text, in which a new name is a variable of the shape that is needed.

    Raises:
        ShapeError: a tangent has not the shape of its variable.

    Examples:
        >>> jvp("A*x", {"x": "x_dot"}).text()
        'A*x_dot'
    """
    from chainrule.diff.forward import pushforward

    expression = parsed(expression)
    if not isinstance(tangents, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"tangents by variable are wanted, not {type(tangents).__name__}", hint='{"x": "x_dot"}')
    by: dict[Expr, Expr] = {}
    for v, tangent in tangents.items():
        x = variable(expression, v)
        x_dot = parsed_beside(tangent, expression, x.shape)
        _same_shape(x_dot, x, f"the tangent of {x.name}")
        by[x] = x_dot
    cx = Context()
    indices, terms = pushforward(expression, by, lambda t, ix: _shortest(t, ix, expression, cx.use)[0])
    found = _shortest(terms, indices, expression, always)[0]
    return found.T if expression.row and not found.row else found


def _same_shape(a: Expr, b: Expr, what: str) -> None:
    if a.shape != b.shape:
        raise ShapeError(f"{what} has shape {show(a.shape)}, but {show(b.shape)} is needed")
