"""Four homework solutions of students: the formulas that they display, where right, occur in their order.

A formula is written here as the derivation writes it: free letters first, the Kronecker delta with the summed letter
first, ∂J/∂y before ∂y/∂W. What is left out is said beside it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"

LINEAR_BY_W = (
    "y_k = Σ_l W_kl x_l + b_k",
    "∂W_kl/∂W_ij = δ_ki δ_lj",
    "∂y_k/∂W_ij = Σ_l δ_ki δ_lj x_l",
    "Σ_k ∂J/∂y_k Σ_l δ_ki δ_lj x_l",
    "Σ_k ∂J/∂y_k δ_ki Σ_l δ_lj x_l",
    "Σ_k ∂J/∂y_k δ_ki = ∂J/∂y_i",
    "Σ_l δ_lj x_l = x_j",
    "= ∂J/∂y_i x_j",
    "= ∂J/∂y xᵀ",
)
LINEAR_BY_X = (
    "Σ_j ∂J/∂y_j ∂y_j/∂x_i",
    "y_j = Σ_k W_jk x_k + b_j",
    "∂x_k/∂x_i = δ_ki",
    "∂y_j/∂x_i = Σ_k W_jk δ_ki",
    "Σ_k W_jk δ_ki = W_ji",
    "= Σ_j ∂J/∂y_j W_ji",
    "= Wᵀ ∂J/∂y",
)
LINEAR_BY_B = (
    "Σ_j ∂J/∂y_j ∂y_j/∂b_i",
    "y_j = Σ_k W_jk x_k + b_j",
    "∂y_j/∂b_i = δ_ji",  # displayed with its two cases exchanged
    "= ∂J/∂y_i",
    "= ∂J/∂y",
)
DISPLAYED = {
    "backpropagation through a linear layer, index form": {
        "linear-layer-by-weights": LINEAR_BY_W,
        "linear-layer-by-input": LINEAR_BY_X,
    },
    "warm-up": {
        "linear-layer-by-weights": (
            "Σ_k ∂J/∂y_k ∂y_k/∂W_ij",
            "y_k = Σ_l W_kl x_l + b_k",
            "∂(Σ_l W_kl x_l + b_k)/∂W_ij",
            "∂y_k/∂W_ij = Σ_l δ_ki δ_lj x_l",
            "= ∂J/∂y_i x_j",
            "= ∂J/∂y xᵀ",
        ),
        "linear-layer-by-bias": LINEAR_BY_B,
    },
    "softmax with temperature": {  # the two cases i = j and i ≠ j stand in one formula with δ
        "softmax-with-temperature": (
            "p_i = exp(v_i)/(Σ_k exp(v_k))",
            "∂(exp(v_i)/(Σ_k exp(v_k)))/∂x_j",
            "(exp(v_i) ∂v_i/∂x_j Σ_k exp(v_k) − exp(v_i) Σ_k exp(v_k) ∂v_k/∂x_j)/(Σ_k exp(v_k))²",
            "(u/v)′ = (u′v − uv′)/v²",
            "∂v_k/∂x_j = β δ_kj",
            "β p_i δ_ij − β p_i p_j",
            "β p_i (δ_ij − p_j)",
        ),
    },
    "a network with relu, layer by layer": {  # what its lines 8, 9 and 16 display is wrong
        "relu-network-by-output-weights": (
            "Σ_k ∂l/∂y_k ∂y_k/∂W₃_ij",
            "∂y_k/∂W₃_ij = Σ_n δ_ki δ_nj h₂_n",
            "= ∂l/∂y_i h₂_j",
            "= ∂l/∂y h₂ᵀ",
        ),
        "relu-network-by-last-hidden-layer": (
            "Σ_j ∂l/∂y_j ∂y_j/∂h₂_i",
            "Σ_k W₃_jk δ_ki = W₃_ji",
            "= Σ_j ∂l/∂y_j W₃_ji",
            "= W₃ᵀ ∂l/∂y",
        ),
        "relu-derivative": ("relu′ is 1 where its argument is positive, else 0", "= step(x)", "relu′(0) = 0"),
        "relu-network-hidden-layer-by-its-weights": ("Σ_l δ_lk h₁_l = h₁_k", "= step(u_i) h₁_k δ_ij"),
        "relu-network-by-second-weights": (
            "Σ_k Σ_n ∂l/∂y_k W₃_kn step(u_n) ∂u_n/∂W₂_ij",
            "δ₁_n = Σ_k ∂l/∂y_k W₃_kn step(u_n)",
            "= δ₁_i h₁_j",
            "= δ₁ h₁ᵀ",
        ),
        "relu-network-hidden-layer-by-the-one-before": ("= step(u_i) W₂_ij", "= diag(step(u)) W₂"),
        "relu-network-by-first-hidden-layer": (
            "δ₁_k = Σ_j ∂l/∂y_j W₃_jk step(u_k)",
            "= Σ_k δ₁_k W₂_ki",
            "= W₂ᵀ δ₁",
        ),
        "relu-network-by-first-weights": (
            "δ₂_r = Σ_k ∂l/∂y_k W₃_kr step(u₂_r)",
            "δ₁_k = Σ_r δ₂_r W₂_rk step(u₁_k)",
            "= δ₁ xᵀ",
        ),
    },
    "the delta rule": {  # "Σ_k w_nk" and "Σ_i x_i" in its lines are wrong: only one term of each sum is left
        "hidden-layer-by-weights": (
            "Σ_l ∂C/∂y_l ∂y_l/∂w_ij",
            "Σ_l Σ_p ∂C/∂y_l v_lp ∂h_p/∂w_ij",
            "Σ_l Σ_p ∂C/∂y_l v_lp f′(u_p) ∂u_p/∂w_ij",
            "δ₁_p = Σ_l ∂C/∂y_l v_lp f′(u_p)",
            "u_p = Σ_l w_pl x_l",
            "= δ₁_i x_j",
            "= δ₁ xᵀ",
            "δ₁ = f′(u) ⊙ vᵀ ∂C/∂y",
        ),
        "softmax-cross-entropy": ("= −y_i + p_i", "= p − y"),
    },
}
CASES = [(name, file) for name, files in DISPLAYED.items() for file in files]


@pytest.mark.parametrize(("name", "file"), CASES)
def test_displayed_formulas_occur_in_their_order(name: str, file: str) -> None:
    steps = blocks((FOLDER / f"{file}.txt").read_text(encoding="utf-8"))
    at = 0
    for formula in DISPLAYED[name][file]:
        here = next((n for n in range(at, len(steps)) if shows(steps[n], formula)), None)
        assert here is not None, f"{formula} does not occur from here on: {steps[at]}"
        at = here


def blocks(text: str) -> list[str]:
    """The steps, each with its reason and the equations beside it; what stands below them comes last."""
    body, _, below = text.partition("\n\n  where ")
    return [*re.split(r"\n *\d+\.  ", body), below]


def shows(step: str, formula: str) -> bool:
    """Whether a step has the formula; one that starts with = is all that its line says."""
    if not formula.startswith("= "):
        return formula in step
    return re.split(r" {2,}|\n", step)[0] == formula
