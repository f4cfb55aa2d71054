"""The reader on damaged input: it never crashes or hangs, and every part keeps its place.

CHAINRULE_FUZZ=10000 tries more than the thousand of the normal run, CHAINRULE_FUZZ_SEED others.
"""

from __future__ import annotations

import os
import random
import time

from chainrule.checker.document import read
from chainrule.checker.syntax import walk
from chainrule.errors import ChainruleError

COUNT = int(os.environ.get("CHAINRULE_FUZZ", "1000"))
SEED = int(os.environ.get("CHAINRULE_FUZZ_SEED", "4"))
SECONDS_EACH = 3.0

FORMULAS = r"""
\frac{\partial L}{\partial W} = \frac{\partial L}{\partial y} x^\top, \qquad \frac{\partial L}{\partial b} = \delta
\partial L/\partial W = \partial L/\partial y \, \partial y/\partial W = dL/dz
\nabla_w \frac12 \lVert Xw-y\rVert_2^2 = X^T(Xw-y) + \nabla^2 L
p_i = \frac{e^{z_i/\tau}}{\sum_{k=1}^{K} e^{z_k/\tau}}, \log p_i = z_i - \log \sum_k e^{z_k}
\delta^{(l)} = \left( (W^{(l+1)})^{\mathsf T} \delta^{(l+1)} \right) \odot \sigma'(z^{(l)})
\begin{aligned} \delta_j &= \sum_{k=1}^{n} \frac{\partial C}{\partial z_k} w_{kj} \\ &= \Big( a \Big) \end{aligned}
f(x) = \begin{cases} x_j & i = t, \\ 0 & \text{otherwise} \end{cases} = \mathbf{1}[z > 0] + \mathbb{1}_{i=j}
\left\{ \begin{array}{ll} x & \text{if $x > 0$} \\ 0 & \dots (else) \end{array} \right.
\begin{pmatrix} 13 \\ -7 \end{pmatrix} (0 \ 8 \ 1) = \begin{pmatrix} 0 & 1{,}004 & 1e-3 \end{pmatrix}
a^l, b^l \in \mathbb{R}^{n_l}, n = 1, \dots, N \therefore \text{Loss} = 3 \quad (3)
\vec{W}_{kj} := \underbrace{\hat{y}_i + \bar x}_{\text{I)}} \stackrel{def}{=} \operatorname*{arg\,max}_k |z_k| \tag{1}
∂L/∂W = δ xᵀ ⊙ ŷ₁² + Σ_k √a_k ≤ ① 층에서
W^l a + b \xrightarrow{\sigma} z \longrightarrow \mathrm{tr}(A) \iff \not= \boxed{u = v}
""".strip().splitlines()
PROSE = [
    "Let $x \\in \\mathbb{R}^n$ cost $5, `code $` and\n\n```math\na = b\n```\n",
    "---\ngiven: W\n---\n> quoted $$\n> a = b\n> $$\n<!-- $ -->\\[ a \\] \\(b\\)",
    (
        "\\documentclass{a}"
        "\\newcommand{\\x}[1]{\\frac{#1}{2}}\\def\\y{\\x{3}}\\begin{document}% $\n$\\x{\\y}$\\end{document}"
    ),
]
_PIECES = r"""
{ } ( ) [ ] | & $ ^ _ ' / = , - + % ~ ` > < # . \ 1 d || \left \right \left( \right. \{ \} \begin{aligned}
\end{aligned} \begin{cases} \end{cases} \\ $$ \frac \begin{array}{cc} \end{array} \partial \nabla \sum \sum_{
\prod \text{ \mathrm \hat \sqrt \sqrt[ \underbrace \stackrel \overset{ \quad \in 0. e- \log \max \cdot \tag{
\not ``` <!-- \newcommand{\x}{ \x #1 \def\a#1{\a{#1}} \a \langle \mathbb{1}[ \substack{ \boxed{ \dots
\operatorname{ \xrightarrow{ \( \) \[ \] \arg ① ᵀ ² ₁ 한글
"""
PIECES = [*_PIECES.split(), "\x00", "\n", "\n\n"]


def damaged(rng: random.Random) -> str:
    text = rng.choice(PROSE) if rng.random() < 0.2 else "$$" + rng.choice(FORMULAS) + "$$"
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randrange(len(text) + 1), rng.randint(0, 12)
        match rng.randrange(5):
            case 0:
                text = text[:at] + text[at + length :]
            case 1 | 2:
                text = text[:at] + rng.choice(PIECES) * rng.choice([1, 1, 1, 3, 200]) + text[at:]
            case 3:
                text = text[:at] + text[at : at + length] * rng.randint(2, 30) + text[at + length :]
            case _:
                text = text[:at] + rng.choice(FORMULAS) + text[at:]
    return text


def test_damaged_input() -> None:
    rng = random.Random(SEED)
    for n in range(COUNT):
        text = damaged(rng)
        started = time.monotonic()
        try:
            document = read(text)
        except ChainruleError:
            continue
        except BaseException as e:
            raise AssertionError(f"input {n} of seed {SEED}: {text!r}") from e
        assert time.monotonic() - started < SECONDS_EACH, f"input {n} of seed {SEED}: {text!r}"
        for formula in document.formulas:
            for statement in formula.statements:
                for node in walk(statement):
                    assert 0 <= node.start <= node.end <= len(text), (n, SEED, node, text)
