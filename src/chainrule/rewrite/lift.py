"""From a function of entries to an entry of a function: tanh(z_i) is (tanh z)_i."""

from __future__ import annotations

from collections.abc import Container, Iterable

from chainrule.core.expr import DEEP, Access, Apply, Const, Expr, SizeValue
from chainrule.core.index import Index
from chainrule.core.size import ONE
from chainrule.primitives.arithmetic import transpose_p


def pointwise_indices(e: Expr) -> tuple[Index, ...] | None:
    """The free indices of a function of entries, in order of first use; None if it is more than that.

    It is one when each entry is read at plain, different indices, with no sum, delta or predicate inside.
    """
    found: dict[Index, None] = {}
    seen: set[Expr] = set()
    stack = [e]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        match node:
            case Const() | SizeValue():
                pass
            case Access(tensor=t, subs=subs):
                if t.free:
                    return None
                plain = [s.index for s in subs if not (s.constant.constant == 0 and not s.terms)]
                if None in plain or len(set(plain)) != len(plain):
                    return None
                own = [s.index.size if s.index is not None else None for s in subs]
                if any(n is not ONE and m is not n for m, n in zip(own, t.shape, strict=True)):
                    return None
                found.update(dict.fromkeys(i for i in plain if i is not None))
            case Apply(op=op, args=args) if op.elementwise and node.free:
                stack.extend(reversed(args))
            case _ if not node.free and not node.shape:
                pass
            case _:
                return None
    return tuple(found)


def single(t: Expr) -> Expr:
    """The only entry of a tensor whose axes all have size 1, as a scalar."""
    from chainrule.primitives.reductions import sum_p

    if isinstance(t, Apply):
        if t.op.elementwise:
            return t.op(*(single(a) if a.shape else a for a in t.args), params=t.params)
        if len(t.params) == 2 and t.params[1] is True:  # a reduction that kept its axes
            return t.op(*t.args, params=(None, False))
    return sum_p(t, params=(None, False))


def lift(e: Expr, indices: tuple[Index, ...]) -> Expr:
    """The tensor whose entry at `indices` is the function of entries `e`; scalars stay scalars."""
    from chainrule.primitives.axes import permute_p, unsqueeze_p

    done: dict[Expr, Expr] = {}

    def placed(node: Access) -> Expr:
        t, subs = node.tensor, node.subs
        present = [s.index for s in subs]
        axes = [i for i in present if i is not None]
        if len(axes) != len(subs):  # axes of size 1 read at 0: stretch in place where the others are in order
            if len(subs) == len(indices) and all(i is None or i is j for i, j in zip(present, indices, strict=True)):
                return t
            if not axes and not indices:
                return single(t)
            from chainrule.primitives.axes import reshape_p

            t = reshape_p(t, params=(tuple(i.size for i in axes),))
        order = [i for i in indices if i in axes]
        if order != axes:
            if len(axes) == 2:
                t = transpose_p(t)
            else:
                t = permute_p(t, params=(tuple(axes.index(i) for i in order),))
        elif t.row:
            t = transpose_p(t)
        if len(order) < len(indices):
            for position, i in enumerate(indices):
                if i not in order:
                    t = unsqueeze_p(t, params=(position,))
        return t

    def visit(node: Expr) -> Expr:
        if node not in done:
            match node:
                case Access():
                    done[node] = placed(node)
                case Apply(op=op, args=args, params=params) if op.elementwise and not node.shape:
                    done[node] = op(*(visit(a) for a in args), params=params)
                case _:
                    done[node] = node
        return done[node]

    if not e.free and not _reads(e):
        return e
    if e.depth > DEEP:
        for node in _functions(e):
            visit(node)
    return visit(e)


_reading: dict[Expr, bool] = {}


def _reads(e: Expr) -> bool:
    """Whether a scalar function of entries reads an entry of a tensor."""
    if len(_reading) > 20_000:  # only a memo
        _reading.clear()
    for node in _functions(e, stop=_reading):
        _reading[node] = any(isinstance(a, Access) or _reading.get(a, False) for a in node.args)
    return isinstance(e, Access) or _reading.get(e, False)


def _functions(e: Expr, stop: Container[Expr] = ()) -> Iterable[Apply]:
    """The scalar functions of entries in `e`, parts before wholes."""
    stack: list[tuple[Expr, bool]] = [(e, False)]
    seen: set[Expr] = set()
    while stack:
        node, done = stack.pop()
        if done:
            assert isinstance(node, Apply)
            yield node
        elif (
            node not in seen and node not in stop and isinstance(node, Apply) and node.op.elementwise and not node.shape
        ):
            seen.add(node)
            stack += [(node, True), *((a, False) for a in node.args)]
