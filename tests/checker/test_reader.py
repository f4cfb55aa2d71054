"""Formulas as people write them, and the trees that are read from them."""

from __future__ import annotations

import pytest

from chainrule.checker.document import read
from chainrule.checker.syntax import (
    BigOperator,
    Call,
    Cases,
    Condition,
    Derivative,
    Dots,
    Group,
    Indicator,
    Matrix,
    Node,
    Number,
    Product,
    Quotient,
    Scripted,
    Statement,
    Sum,
    Symbol,
    Transposed,
    Unread,
    Words,
    walk,
)

BRACKETS = {"(": "()", "[": "[]", "{": "{}", "": "‹›"}
SIGNS = {"": " ", "cdot": " · ", "times": " × ", "odot": " ⊙ ", "otimes": " ⊗ ", "ast": " * "}


def show(node: Node | None) -> str:  # noqa: C901  (one case a kind)
    """A tree on one line: <a b> is a product, (+a -b) a sum, ∂[L; W] a derivative, ‹a, b› a list, x! upright."""
    match node:
        case None:
            return "_"
        case Number(value=v):
            return str(v)
        case Symbol(name=name, upright=upright):
            return name + "!" * upright
        case Scripted(base=base, subs=subs, sup=sup, sup_bracket=bracket, primes=primes):
            below = f"_{{{listed(subs)}}}" if subs else ""
            above = (
                "" if sup is None else f"^{bracket}{show(sup)}{BRACKETS[bracket][1]}" if bracket else f"^{show(sup)}"
            )
            return show(base) + "'" * primes + below + above
        case Transposed(body=body):
            return show(body) + "ᵀ"
        case Sum(terms=terms):
            return "(" + " ".join({1: "+", -1: "-", 0: "±"}[sign] + show(t) for sign, t in terms) + ")"
        case Product(factors=factors, signs=signs):
            return (
                "<"
                + show(factors[0])
                + "".join(SIGNS[s] + show(f) for s, f in zip(signs, factors[1:], strict=True))
                + ">"
            )
        case Quotient(over=over, under=under, entrywise=entrywise):
            return f"[{show(over)} {'⊘' if entrywise else '/'} {show(under)}]"
        case Derivative(of=of, by=by, order=order, kind=kind):
            sign = {"partial": "∂", "d": "d", "nabla": "∇"}[kind]
            return f"{sign}{order if order > 1 else ''}[{show(of)}; {listed(by)}]"
        case BigOperator(operator=name, indices=indices, low=low, high=high, body=body):
            bounds = "" if low is None and high is None else f"={show(low)}..{show(high)}"
            return f"{name}[{listed(indices)}{bounds}: {show(body)}]"
        case Call(name=name, args=args, subs=subs):
            return name + (f"_{{{listed(subs)}}}" if subs else "") + f"({listed(args)})"
        case Group(items=items, kind=kind):
            return BRACKETS[kind][0] + listed(items) + BRACKETS[kind][1]
        case Matrix(rows=rows):
            return "M[" + "; ".join(map(listed, rows)) + "]"
        case Condition(left=left, sign="otherwise"):
            return "otherwise"
        case Condition(left=left, sign=sign, right=right, others=others):
            return f"{show(left)} {sign} {show(right)}" + "".join(" & " + show(c) for c in others)
        case Cases(rows=rows):
            return "cases[" + "; ".join(f"{show(v)} if {show(c)}" for v, c in rows) + "]"
        case Indicator(condition=condition):
            return f"1[{show(condition)}]"
        case Dots():
            return "…"
        case Words(text=text):
            return repr(text)
        case Unread(reason=reason):
            return f"unread: {reason}"
        case Statement(sides=sides, signs=signs, words=words, label=label):
            chain = show(sides[0]) + "".join(
                f" {sign} {show(side)}" for sign, side in zip(signs, sides[1:], strict=True)
            )
            return (f"«{words}» " if words else "") + chain + (f" #{label}" if label else "")
        case _:
            raise AssertionError(type(node))


def listed(nodes: tuple[Node, ...]) -> str:
    return ", ".join(map(show, nodes))


def trees(latex: str) -> list[str]:
    return [show(s) for f in read(f"$${latex}$$").formulas for s in f.statements]


def unread(text: str) -> list[str]:
    """The reasons why parts of a document are not read."""
    return [n.reason for f in read(text).formulas for s in f.statements for n in walk(s) if isinstance(n, Unread)]


NUMBERS = {
    r"\frac12 x + \tfrac1n y": ["(+<[1 / 2] x> +<[1 / n] y>)"],
    r"-\frac32": ["(-[3 / 2])"],
    r"0.97 + 1{,}000 + 0{,}5 + 1e-3 + 2e^x + .5": ["(+97/100 +1000 +1/2 +1/1000 +<2 exp(x)> +1/2)"],
    r"0.01 \cdot (-56)": ["<1/100 · ((-56))>"],
    r"2 \cdot -3": ["<2 · (-3)>"],
    r"x^12": ["<x^1 2>"],
}
DERIVATIVES = {
    r"\frac{\partial L}{\partial W_{ij}}": ["∂[L; W_{i, j}]"],
    r"\dfrac{\partial \log p_i}{\partial z_j}": ["∂[log(p_{i}); z_{j}]"],
    r"\partial L/\partial W = \partial L/\partial y \, \partial y/\partial W": ["∂[L; W] = <∂[L; y] ∂[y; W]>"],
    r"dL/dz = 2 z": ["d[L; z] = <2 z>"],
    r"\mathrm{d}L/\mathrm{d}z": ["d[L; z]"],
    r"\frac{\mathrm d\sigma(x)}{\mathrm dx}": ["d[<sigma (x)>; x]"],
    r"\frac{d_1}{d_2} + d_i / d_j + \frac{d}{n}": ["(+[d_{1} / d_{2}] +[d_{i} / d_{j}] +[d / n])"],
    r"\nabla_W L = \delta x^{\mathsf T}": ["∇[L; W] = <delta xᵀ>"],
    r"\nabla L(w)^T v + \nabla^2 L": ["(+<∇[<L (w)>; ]ᵀ v> +∇2[L; ])"],
    r"\nabla_x x^T A x = (A + A^T) x": ["∇[<xᵀ A x>; x] = <((+A +Aᵀ)) x>"],
    r"\nabla_w \frac12 \lVert Xw-y\rVert_2^2": ["∇[<[1 / 2] norm2_{2}((+<X w> -y))^2>; w]"],
    r"\nabla_a C \odot \sigma'(z^{(L)})": ["<∇[C; a] ⊙ sigma' (z^(L))>"],
    r"\frac{\partial}{\partial x}\left( x^2 + 1 \right) c": ["<∂[((+x^2 +1)); x] c>"],
    r"\frac{\partial}{\partial w_i} \sum_j w_j x_j + b": ["(+∂[sum[j: <w_{j} x_{j}>]; w_{i}] +b)"],
    r"\frac{\partial^2 f}{\partial x^2} - \frac{\partial^2 f}{\partial x\,\partial y}": ["(+∂2[f; x, x] -∂2[f; x, y])"],
    r"\frac{d^2 y}{dx^2} = \partial^2 L/\partial w^2": ["d2[y; x, x] = ∂2[L; w, w]"],
    r"\frac{\partial L}{\partial w^2}": ["∂[L; w^2]"],
    r"\partial_x f": ["∂[f; x]"],
    r"\frac{\partial L}{\partial W}^T": ["∂[L; W]ᵀ"],
    r"∂L/∂W = δ xᵀ": ["∂[L; W] = <delta xᵀ>"],
}
SCRIPTS = {
    r"W^\top W^T W^{\intercal} W^{\text{T}} W^{\mathsf{T}} W^{\mathrm T} {W}^{\rm T}": ["<Wᵀ Wᵀ Wᵀ Wᵀ Wᵀ Wᵀ Wᵀ>"],
    r"(W^{(l)})^T W^{(l)T} W^{(l)\top} W^{-T} A^{-1}": ["<(W^(l))ᵀ W^(l)ᵀ W^(l)ᵀ W^(-1)ᵀ A^(-1)>"],
    r"a^{T-1} + x^{(T)} + \sum_{t=1}^T x_t": ["(+a^(+T -1) +x^(T) +sum[t=1..T: x_{t}])"],
    r"W^T_{jk} = W_{kj}": ["Wᵀ_{j, k} = W_{k, j}"],
    r"W_{jk}^T W^{Tr}": ["<W_{j, k}ᵀ Wᵀ>"],
    r"x_{+} \mu_{z|x}": ["<x_{plus} mu_{z given x}>"],
    r"W^{[l]} a^{[l-1]}": ["<W^[l] a^[(+l -1)]>"],
    r"w_{ij} w_{12} w_{i,j} w_{i,j+1} w_{\text{new}} w_{new} n_{l-1}": [
        "<w_{i, j} w_{1, 2} w_{i, j} w_{i, (+j +1)} w_{new!} w_{new!} n_{(+l -1)}>"
    ],
    r"W_{(1,j)}^3 W_{:,j} x_{\cdot j}": ["<W_{1, j}^3 W_{:, j} x_{cdot, j}>"],
    r"\sigma'(z) + f''(x) + f^{\prime}(x) + \sigma'_i": ["(+<sigma' (z)> +<f'' (x)> +<f' (x)> +sigma'_{i})"],
    r"\hat{y}_i + \bar{\mathbf x} + \tilde W^{(l)} + \widehat{y_i} + ŷ": [
        "(+hat_y_{i} +bar_x! +tilde_W^(l) +hat_y_{i} +hat_y)"
    ],
    r"\vec{w} + \mathbf{W}_1 + \boldsymbol\theta + \mathbf 1^T + \mathcal{L}": ["(+w +W!_{1} +theta! +1!ᵀ +cal_L)"],
    r"e^{-z} + e^z + e^{(l)} + e_i^2 + \mathrm{e}^{x}": ["(+exp((-z)) +exp(z) +e^(l) +e_{i}^2 +exp(x))"],
    r"X^{\odot 2} + A^{*}": ["(+X^entrywise(2) +A^star)"],
    r"δ² + xᵢ² + W₁₂ + x⁻¹": ["(+delta^2 +x_{i}^2 +W_{1, 2} +x^(-1))"],
    r"x{}^{2}": ["x^2"],
}
PRODUCTS = {
    r"A \otimes B \oslash C \circ D": ["<[<A ⊗ B> ⊘ C] ⊙ D>"],
    r"z = W * x + b": ["z = (+<W * x> +b)"],
    r"\underbrace{a+b}_{z} c": ["<(+a +b) c>"],
    r"a/b/c": ["[[a / b] / c]"],
    r"1/2 x + 1/2(a) + 1/2\|x\|": ["(+<[1 / 2] x> +<[1 / 2] (a)> +<[1 / 2] norm2(x)>)"],
    r"1/N \sum_i x_i": ["<[1 / N] sum[i: x_{i}]>"],
    r"\sigma(z)/\tau": ["[<sigma (z)> / tau]"],
    r"\big( a + b \big) \Big[ c \Big]": ["<((+a +b)) [c]>"],
    r"a + - b": ["(+a -b)"],
    r"a \pm b": ["(+a ±b)"],
    r"\text{Loss} = \frac{1}{2}\left[(a - t)^2 \right]": ["Loss! = <[1 / 2] [((+a -t))^2]>"],
}
FUNCTIONS = {
    r"\log p_i \log q_i": ["<log(p_{i}) log(q_{i})>"],
    r"\log \sum_{k=1}^K e^{z_k/\tau} + c": ["(+log(sum[k=1..K: exp([z_{k} / tau])]) +c)"],
    r"-\sum_i t_i \log p_i": ["(-sum[i: <t_{i} log(p_{i})>])"],
    r"\operatorname{diag}(p) - pp^T": ["(+diag(p) -<p pᵀ>)"],
    r"\operatorname{tr}(A^T B) + \mathrm{tr} A B": ["(+tr(<Aᵀ B>) +tr(<A B>))"],
    r"\operatorname*{arg\,max}_k z_k": ["argmax_{k}(z_{k})"],
    r"\underset{k}{\operatorname{argmax}}\ z_k": ["argmax_{k}(z_{k})"],
    r"\arg\min_w L(w)": ["argmin_{w}(<L (w)>)"],
    r"\max\{0, z\} + \max_{k} z_k": ["(+max(0, z) +max_{k}(z_{k}))"],
    r"1 - \tanh^2(z)": ["(+1 -tanh(z)^2)"],
    r"\tanh'(z)": ["<tanh!' (z)>"],
    r"\exp(z)^2": ["exp(z)^2"],
    r"\sqrt{x} + \sqrt[3]{x} + √y": ["(+sqrt(x) +root(x, 3) +sqrt(y))"],
    r"\|x\|_2^2 + ||x||^2 + \left\| x \right\|_F + |a||b|": [
        "(+norm2_{2}(x)^2 +norm2(x)^2 +norm2_{F}(x) +<abs(a) abs(b)>)"
    ],
    r"\det A + \begin{vmatrix} a & b \\ c & d \end{vmatrix}": ["(+det(A) +det(M[a, b; c, d]))"],
    r"\mathrm{softmax}(z)_i + \operatorname{softmax}_i(z) + softmax(z)": [
        "(+softmax(z)_{i} +softmax_{i}(z) +softmax(z))"
    ],
    r"\langle a, b \rangle": ["inner(a, b)"],
}
SUMS = {
    r"\sum_k a_k b_k + c": ["(+sum[k: <a_{k} b_{k}>] +c)"],
    r"\sum_{i=1}^m \sum_{j=1}^n x_{ij}": ["sum[i=1..m: sum[j=1..n: x_{i, j}]]"],
    r"\sum_{i,j} A_{ij}^2 + \sum_{i,j=1}^n A_{ij}": ["(+sum[i, j: A_{i, j}^2] +sum[i, j=1..n: A_{i, j}])"],
    r"\sum_{k \neq j} a_k": ["sum[k != j: a_{k}]"],
    r"\sum_{k \in S} b_k": ["sum[k in S: b_{k}]"],
    r"\sum_{1 \le i \le n} x_i": ["sum[i=1..n: x_{i}]"],
    r"\sum_{\substack{k=1 \\ k\ne j}}^{n} x_k": ["sum[k, k != j=1..n: x_{k}]"],
    r"\prod_{i} p_i^{y_i}": ["prod[i: p_{i}^y_{i}]"],
    r"∑_{k=1}^n x_k + Σ_k a_k": ["(+sum[k=1..n: x_{k}] +sum[k: a_{k}])"],
}
CONDITIONS = {
    r"\mathbf{1}[z > 0] + \mathbb{1}_{i=j} + \mathbb 1\{z>0\} + [i = j]": ["(+1[z > 0] +1[i = j] +1[z > 0] +1[i = j])"],
    r"f(x) = \begin{cases} x, & x > 0 \\ \alpha x, & \text{otherwise} \end{cases}": [
        "<f (x)> = cases[x if x > 0; <alpha x> if otherwise]"
    ],
    r"\begin{cases} 1 & \text{if $i = j$ and $k=l$} \\ 0 & \text{else} \end{cases}": [
        "cases[1 if i = j & k = l; 0 if otherwise]"
    ],
    r"a = \begin{cases} 1 \dots (k = i, n = j) \\ 0 \dots (otherwise) \end{cases} = b": [
        "a = cases[1 if k = i & n = j; 0 if otherwise] = b"
    ],
    r"\left\{ \begin{array}{ll} x & \text{if } x > 0, \\ 0 & \text{otherwise.} \end{array}\right.": [
        "cases[x if x > 0; 0 if otherwise]"
    ],
    r"p(y|x)": ["<p (y given x)>"],
}
MATRICES = {
    r"\begin{pmatrix} 1 & -2 \\ 0.5 & \frac12 \end{pmatrix} (0 \ 8 \ 1)": ["<M[1, (-2); 1/2, [1 / 2]] M[0, 8, 1]>"],
    r"\left[ a b \quad -c \right]": ["M[<a b>, (-c)]"],
    r"\left[\begin{array}{c|c} 1 & 2 \\ \hline 3 & 4\end{array}\right]^T": ["M[1, 2; 3, 4]ᵀ"],
    r"\begin{bmatrix} x_1 & \dots \\ \vdots & \end{bmatrix}": ["M[x_{1}, …; …, '']"],
    r"x = (x_1, x_2, ..., x_d)^T": ["x = (x_{1}, x_{2}, …, x_{d})ᵀ"],
}
STATEMENTS = {
    r"\frac{\partial L}{\partial W}=\delta x^T, \qquad \frac{\partial L}{\partial b}=\delta": [
        "∂[L; W] = <delta xᵀ>",
        "∂[L; b] = delta",
    ],
    r"=\sigma(z)": ["_ = <sigma (z)>"],
    r"a := b, c \triangleq d, w \leftarrow w - \eta g": ["a := b", "c := d", "w := (+w -<eta g>)"],
    r"a \approx 0.73 \propto c": ["a approx 73/100 propto c"],
    r"a = b \Rightarrow c = d": ["a = b implies c = d"],
    r"\Rightarrow x = 3": ["_ implies x = 3"],
    r"\therefore x=3 \text{ because } y = 2": ["«therefore» x = 3", "«because» y = 2"],
    r"A \stackrel{(1)}{=} B \overset{\text{def}}{=} C": ["A = B := C"],
    r"W^l a + b \xrightarrow{\sigma} z \longrightarrow a": ["(+<W^l a> +b) maps z maps a"],
    r"x \in \mathbb{R}^{m\times d}, i \in \{1,\dots,n\}": ["x in R!^<m × d>", "i in {1, …, n}"],
    r"a^l, b^l \in \mathbb{R}^n": ["‹a^l, b^l› in R!^n"],
    r"n = 1, \dots, N": ["n = ‹1, …, N›"],
    r"i, j = 1, 2, \ldots, n": ["‹i, j› = ‹1, 2, …, n›"],
    r"x = 1, y = 2 \text{ and } z = 3": ["x = 1", "y = 2", "«and» z = 3"],
    r"f: \mathbb{R}^n \to \mathbb{R}": ["f : R!^n maps R!"],
    r"a = b \tag{3}": ["a = b #3"],
    r"a = b \qquad (3)": ["a = b #3"],
    r"a = b \cdots ①": ["a = b #①"],
    r"\textcircled{1} w := w - \alpha g": ["«(1)» w := (+w -<alpha g>)"],
    r"p3) \quad x = y": ["«p3)» x = y"],
    r"(a) \quad x = y": ["«(a)» x = y"],
    r"(Because \quad a = b)": ["«Because» a = b"],
    r"By x = y \text{ in problem 1}": ["«By» x = y"],
    r"\boxed{a = b + c}": ["a = (+b +c)"],
    r"a = b, \quad \forall i": ["a = b", "«for all» i"],
    r"x = \frac{a}{b}.": ["x = [a / b]"],
    r"{F = }\sigma(x) {= y}": ["F = <sigma (x)> = y"],
}
ROWS = {
    r"\begin{aligned} a &= b + c \\ &\quad + d \\ &= e \end{aligned}": ["a = (+b +c +d)", "_ = e"],
    r"\begin{array}{rcl} a &=& b \\ &=& c \end{array}": ["a = b", "_ = c"],
    r"\begin{cases} a = b \\ c = d \end{cases}": ["a = b", "c = d"],
    r"\left\{\begin{aligned} a &= b \\ c &= d \end{aligned}\right.": ["a = b", "c = d"],
    r"\begin{aligned} f &= ( a + \\ & b ) \end{aligned}": ["f = ((+a +b))"],
    r"\begin{split} a &= \begin{cases} 1 & i = j \\ 0 & i \neq j \end{cases} \\ &= \delta_{ij} \end{split}": [
        "a = cases[1 if i = j; 0 if i != j]",
        "_ = delta_{i, j}",
    ],
    r"\begin{gather*} a = b \\[2pt] c = d \nonumber \end{gather*}": ["a = b", "c = d"],
    r"a = b \\ c = d": ["a = b", "c = d"],
}
UNREAD = {
    r"\frac{a}{": ["unread: a bracket that is not closed"],
    r"x^": ["unread: something is missing at the end"],
    r"a = \foo{b} + c = d": ["a = unread: \\foo is not known = d"],
    r"\partial u": ["unread: ∂ outside a quotient is not understood"],
    r"a = ?": ["a = unread: ? is not understood here"],
    r"\frac{\partial x}{\partial y} =": ["∂[x; y] = unread: nothing stands after the relation sign"],
    r"\left. f \right|_{x=0}": ["unread: a value at a point, after a vertical bar, is not understood"],
    r"\int f": ["unread: integrals are not understood"],
    r"1/2x": ["unread: a/bc may mean (a/b)c or a/(bc): write it as a fraction or with brackets"],
    r"\log p/q": ["unread: f a/b may mean f(a)/b or f(a/b): write it with brackets"],
    r"\sum_{i=1}^n": ["unread: a sum or product of nothing"],
    r"a ) b": ["«a)» b"],
}

GOLDEN = {
    **NUMBERS,
    **DERIVATIVES,
    **SCRIPTS,
    **PRODUCTS,
    **FUNCTIONS,
    **SUMS,
    **CONDITIONS,
    **MATRICES,
    **STATEMENTS,
    **ROWS,
    **UNREAD,
}


@pytest.mark.parametrize("latex", GOLDEN)
def test_tree(latex: str) -> None:
    assert trees(latex) == GOLDEN[latex]


@pytest.mark.parametrize("latex", [x for x in GOLDEN if x not in UNREAD])
def test_what_people_write_is_read(latex: str) -> None:
    assert unread(f"$${latex}$$") == []


def test_decimals_are_counted() -> None:
    (f,) = read("$x = 0.970 + 3 + 1{,}000 + 2.5e-3$").formulas
    numbers = [n for n in walk(f.statements[0]) if isinstance(n, Number)]
    assert [(str(n.value), n.places) for n in numbers] == [("97/100", 3), ("3", None), ("1000", None), ("1/400", 4)]


@pytest.mark.parametrize("latex", [x for x in GOLDEN if x not in UNREAD])
def test_every_part_has_its_place(latex: str) -> None:
    """What stands at the place of a part is read as that part: for those that are a formula by themselves."""
    text = f"Let $${latex}$$"
    for f in read(text).formulas:
        assert text[f.start : f.end] == f.source
        for node in (n for s in f.statements for n in walk(s)):
            assert f.start <= node.start <= node.end <= f.end
            if isinstance(node, Derivative | Quotient | BigOperator | Product):
                assert show(node) in trees(text[node.start : node.end])
