"""The rules that the steps of a derivation name, for `chainrule list` and `chainrule explain`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule does, why it holds, and an example: before, after, and a command that uses it."""

    name: str
    summary: str
    reason: str
    before: str
    after: str
    command: str


RULES = (
    Rule(
        "chain-rule",
        "a function of a function: the outer derivative, taken at the inner value, times the inner derivative",
        "a small change of x changes y by ∂y/∂x of it, and z by ∂z/∂y of that; all ways from x to z add up",
        "∂z_k/∂x_i",
        "Σ_j ∂z_k/∂y_j ∂y_j/∂x_i",
        'chainrule derive "sum(tanh(W*x))" --wrt x --steps',
    ),
    Rule(
        "product-rule",
        "each factor varies in turn while the others stay",
        "the product of two small changes is too small to count",
        "∂(u v)",
        "u ∂v + v ∂u",
        'chainrule derive "x\'*A*x" --wrt x --steps',
    ),
    Rule(
        "linearity",
        "a sum is differentiated term by term, and constant factors are kept",
        "the derivative is a linear map",
        "∂(u + c v)",
        "∂u + c ∂v",
        'chainrule derive "norm2(x - y)^2" --wrt x --steps',
    ),
    Rule(
        "definition",
        "an operation is replaced by what it means for one entry",
        "it is how the operation is defined",
        "(W x)_i",
        "Σ_k W_ik x_k",
        'chainrule derive "a\'*(W*x)" --wrt W --steps',
    ),
    Rule(
        "variable",
        "the derivative of a variable by one of its entries is a Kronecker delta for each axis",
        "the entries of a variable are independent: each changes with itself only",
        "∂W_kl/∂W_ij",
        "δ_ki δ_lj",
        'chainrule derive "a\'*(W*x)" --wrt W --steps',
    ),
    Rule(
        "sift",
        "a sum over the index of a Kronecker delta keeps one term",
        "the delta is zero for every other value of the index",
        "Σ_j δ_ij a_j",
        "a_i",
        'chainrule derive "a\'*(W*x)" --wrt W --steps',
    ),
    Rule(
        "lemma",
        "the known closed form of a derivative is used in one step",
        "it has been proved once, from the definition or from the equation that defines the function",
        "∂softmax(x)_i/∂x_j",
        "p_i (δ_ij − p_j) where p = softmax(x)",
        'chainrule derive "softmax(x)" --wrt x --steps',
    ),
    Rule(
        "collect",
        "contributions of all the ways through one node are added",
        "that is the chain rule for a value that is used more than once",
        "2 a_i + 3 a_i",
        "5 a_i",
        'chainrule derive "x\'*x" --wrt x --steps',
    ),
    Rule(
        "simplify",
        "products are written out, equal terms collected, and facts about the variables used",
        "rules of arithmetic, and the facts that the step cites",
        "A_ij x_j + A_ji x_j, A symmetric",
        "2 A_ij x_j",
        'chainrule derive "x\'*A*x" --given "A: n n symmetric; x: n" --wrt x --steps',
    ),
    Rule(
        "matrix-form",
        "sums over joined indices are read as products of matrices and vectors",
        "it is the definition of the matrix product, read from right to left",
        "Σ_k W_ki g_k",
        "(Wᵀ g)_i",
        'chainrule derive "J(W*x)" --given "W: m n; x: n; J: function(m)" --wrt x --steps',
    ),
    Rule(
        "result",
        "the terms of a scalar result are put together",
        "nothing is left to be differentiated",
        "Σ_i x_i",
        "sum(x)",
        'chainrule derive "sum(a*x)" --wrt a --steps',
    ),
    Rule(
        "constant",
        "what does not depend on the variable has the derivative zero",
        "it does not change when the variable does",
        "∂a_k/∂x_i",
        "0",
        'chainrule derive "a\'*b" --given "a: n; b: n; x: n" --wrt x --steps',
    ),
    Rule(
        "vec-form",
        "the entries of a derivative with three or four axes are laid out as one matrix, ∂vec Y/∂vec X",
        "vec stacks columns: entry Y_ij is row j·m + i",
        "B_lj A_ik",
        "(Bᵀ ⊗ A)_(ij),(kl)",
        'chainrule derive "A*X*B" --given "A: k m; X: m n; B: n d" --wrt X --steps',
    ),
)
TABLE = {rule.name: rule for rule in RULES}
