"""Making a graph ready for a backend: what the backend cannot say is unfolded until only what it can say is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.core.expr import Access, Apply, Array, Delta, Expr, Partial, intern
from chainrule.core.graph import at, below, rebuild
from chainrule.core.index import affine, fresh
from chainrule.core.size import ONE
from chainrule.errors import NoRuleError

# Entries of these are simpler than the tensors: they are read through their definition, so that no dense δ is built.
_THIN = frozenset({"eye", "ones", "zeros"})
_VIEWS = frozenset({"transpose", "permute", "unsqueeze"})
_SCALING = frozenset({"neg", "mul", "div"})


def prepare(roots: Sequence[Expr], supported: Callable[[Apply], bool]) -> list[Expr]:
    """The roots with every node that is not supported unfolded: through `expand`, else through `define`."""
    done: dict[Expr, Expr] = {}
    stack: list[tuple[Expr, Expr | None]] = [(r, None) for r in reversed(roots)]
    while stack:
        e, via = stack.pop()
        if via is not None:  # the unfolded form is ready
            done[e] = done[via]
            continue
        if e in done:
            continue
        waiting = [c for c in below(e) if c not in done]
        if waiting:
            stack.append((e, None))
            stack.extend((c, None) for c in reversed(waiting))
            continue
        new = rebuild(e, done)
        unfolded = unfold(new, supported)
        if unfolded is None:
            done[e] = done[new] = new
        else:
            stack.append((e, unfolded))
            stack.append((unfolded, None))
    return [done[r] for r in roots]


def unfold(e: Expr, supported: Callable[[Apply], bool]) -> Expr | None:
    """One step towards what the backend can say, or None where it can say this node as it stands."""
    match e:
        case Partial():
            raise NoRuleError("this expression still holds a derivative that is not worked out", hint="derive it first")
        case Access(tensor, subs) if tensor.free or _is_thin(tensor):
            match tensor:
                case Array(indices, body):
                    return at(body, dict(zip(indices, subs, strict=True)))
                case Apply(op, args, params) if op.define is not None:
                    return op.define(args, params, subs)
                case _:
                    return None
        case Apply() if not supported(e):
            return _unfold_apply(e)
        case _:
            return None


def _unfold_apply(e: Apply) -> Expr | None:
    if e.free and e.shape:
        return None  # read entry by entry where it is used
    if e.op.expand is not None:
        return e.op.expand(*e.args)
    if e.op.define is None or (e.op.elementwise and not e.shape):
        raise NoRuleError(
            f"nothing says how to compute {e.op.name!r} in generated code",
            hint=f"give the primitive {e.op.name!r} a `numpy` template, an `expand` or a `define`",
        )
    ix = tuple(fresh(n, "i") for n in e.shape)
    subs = tuple(affine(0) if i.size is ONE else affine(i) for i in ix)
    body = e.op.define(e.args, e.params, subs)
    return intern(Array, ix, body) if ix else body


def _is_thin(t: Expr) -> bool:
    """Whether entries are better read through the definition than from a tensor in memory."""
    while True:
        match t:
            case Array(_, body):
                return _has_delta(body)
            case Apply(op, args, _) if op.name in _VIEWS:
                t = args[0]
            case Apply(op, args, _) if op.name == "diag":
                return args[0].ndim == 1
            case Apply(op, args, _) if op.name in _SCALING:
                thin = [a for a in args if _names_thin(a)]
                if not thin:
                    return False
                t = thin[0]
            case Apply(op, _, _):
                return op.name in _THIN
            case _:
                return False


def _has_delta(body: Expr) -> bool:
    """Whether a δ stands in a product or sum of terms; one below a Σ is sifted out anyway."""
    stack = [body]
    while stack:
        e = stack.pop()
        if isinstance(e, Delta):
            return True
        if isinstance(e, Apply) and e.free and e.op.name in _SCALING | {"add", "sub"}:
            stack.extend(e.args)
    return False


def _names_thin(t: Expr) -> bool:
    return (
        isinstance(t, Apply)
        and (op := t.op.name) in _THIN | _VIEWS | _SCALING | {"diag"}
        and (op != "diag" or t.args[0].ndim == 1)
    )
