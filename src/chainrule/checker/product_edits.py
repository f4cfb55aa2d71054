"""Repairs of a product: its signs, the order of its factors, transposes, a factor too many, σ for σ′."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chainrule.checker import syntax as s
from chainrule.checker.edit_context import Context
from chainrule.checker.labels import bare
from chainrule.checker.printed import written
from chainrule.checker.trees import anew, spliced


def product_edits(node: s.Product, c: Context) -> Iterator[tuple[str, s.Node]]:
    """Kinds of mistakes, each with what may have been meant."""
    f, signs = node.factors, node.signs
    for k, sign in enumerate(signs):
        if sign == "odot":
            yield from _for_hadamard(node, k, c)
        elif c.is_tensor(f[k]) and c.is_tensor(f[k + 1]):
            yield from _for_matmul(node, k, c)
        yield from _applied(node, k, c)
    if len(f) > 1:
        for k in range(len(f)):
            yield "missing-factor", product(spliced(f, k), spliced(signs, min(k, len(signs) - 1)))
    for found in diagonal_edits(node, c):
        yield "diagonal-only-jacobian", found
    for k in range(len(f) - 1):
        if isinstance(n := f[k], s.Number) and n.value == 2 and c.rank(f[k + 1]) == 2:
            both = s.Group((s.Sum(((1, f[k + 1]), (1, s.Transposed(f[k + 1])))),))
            yield "assumed-symmetry", product(spliced(f, k, both, over=2), spliced(signs, k))


def product(factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> s.Node:
    """The product, or the factor where there is only one."""
    return factors[0] if len(factors) == 1 else s.Product(factors, signs)


def _for_hadamard(node: s.Product, k: int, c: Context) -> Iterator[tuple[str, s.Node]]:
    """W x and aᵀ b for what is written as a product entry by entry."""
    f, a, b = node.factors, node.factors[k], node.factors[k + 1]
    plain = spliced(node.signs, k, "")
    yield "hadamard-for-matmul", product(f, plain)
    if c.rank(b) == 1:
        yield "hadamard-for-matmul", product(spliced(f, k + 1, s.Transposed(b)), plain)
    if len(f) == 2 and c.rank(a) == 1:
        yield "hadamard-for-inner", s.Product((s.Transposed(a), b), ("",))


def _for_matmul(node: s.Product, k: int, c: Context) -> Iterator[tuple[str, s.Node]]:
    """Two factors the other way round, transposed, or multiplied entry by entry."""
    f, signs, a, b = node.factors, node.signs, node.factors[k], node.factors[k + 1]
    thin = all(c.rank(x.body if isinstance(x, s.Transposed) else x) == 1 for x in (a, b))
    outer = thin and isinstance(a, s.Transposed) != isinstance(b, s.Transposed)
    kind = "outer-inner" if outer else "swapped-factors"
    yield kind, product(spliced(f, k, b, a, over=2), signs)
    if outer:  # aᵀ b for a bᵀ, and the other way round
        yield kind, product(spliced(f, k, _turned(a), _turned(b), over=2), signs)
    entrywise = spliced(signs, k, "odot")
    yield "matmul-for-hadamard", product(f, entrywise)
    if isinstance(b, s.Transposed):
        yield "swapped-factors", product(spliced(f, k, b.body, _turned(a), over=2), signs)
    if isinstance(a, s.Transposed) and thin:
        yield "matmul-for-hadamard", product(spliced(f, k, a.body), entrywise)


def _turned(x: s.Node) -> s.Node:
    """The transpose, without two of them on top of each other."""
    return x.body if isinstance(x, s.Transposed) else s.Transposed(x)


def _applied(node: s.Product, k: int, c: Context) -> Iterator[tuple[str, s.Node]]:
    """σ′ of something else; σ in place of σ′."""
    f, group = node.factors[k], node.factors[k + 1]
    name = bare(replace(f, primes=0) if isinstance(f, s.Scripted) else f)
    if not isinstance(group, s.Group) or len(group.items) != 1 or name is None:
        return
    if name[0] not in {x.name for x in c.parts.functions}:
        return
    if isinstance(f, s.Scripted) and f.primes:
        for new in c.alike(group.items[0]):
            inner = anew(group, items=(new,))
            yield "sigma-prime-argument", s.Product(spliced(node.factors, k + 1, inner), node.signs)
    elif isinstance(f, s.Symbol):
        primed = s.Scripted(f, primes=1)
        yield "dropped-sigma-prime", s.Product(spliced(node.factors, k, primed), node.signs)


def diagonal_edits(node: s.Node, c: Context) -> Iterator[s.Node]:
    """p ⊙ (1 − p), in diag(…) or not: diag(p) − p pᵀ; p_i (1 − p_i): p_i (δ_ij − p_j)."""
    if not isinstance(node, s.Product):
        return
    f = node.factors
    for k in range(len(f) - 1):
        p = f[k]
        if not _is_one_minus(f[k + 1], p):
            continue
        if isinstance(p, s.Scripted) and p.subs and isinstance(p.subs[-1], s.Symbol):
            i = p.subs[-1].name
            for j in c.letters:
                if j != i:
                    delta = s.Scripted(s.Symbol("delta"), (s.Symbol(i), s.Symbol(j)))
                    other = anew(p, subs=(*p.subs[:-1], s.Symbol(j)))
                    inner = s.Group((s.Sum(((1, delta), (-1, other))),))
                    yield product(spliced(f, k + 1, inner), node.signs)
        elif c.rank(p) == 1:
            difference = s.Sum(((1, s.Call("diag", (p,))), (-1, s.Product((p, s.Transposed(p)), ("",)))))
            whole = s.Group((difference,)) if len(f) > 2 else difference
            yield product(spliced(f, k, whole, over=2), spliced(node.signs, k))


def _is_one_minus(node: s.Node, p: s.Node) -> bool:
    """Whether a factor is (… − p), of two terms."""
    match node:
        case s.Group(items=(s.Sum(terms=(_, (sign, t))),)):
            return sign <= 0 and written(t) == written(p)
        case _:
            return False
