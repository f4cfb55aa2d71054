"""Signs of formulas: their LaTeX commands, and where they stand."""

from __future__ import annotations

SIGNS = {
    "=": "=", "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv", "≔": ":=", "∝": r"\propto", "∼": r"\sim",
    "<": "<", ">": ">", "≤": r"\leq", "≥": r"\geq", "∈": r"\in",
    "←": r"\leftarrow", "→": r"\to", "↦": r"\mapsto", "⇐": r"\Leftarrow", "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow",
    "+": "+", "−": "-", "±": r"\pm", "·": r"\cdot", "×": r"\times", "/": "/", "⊙": r"\odot", "⊘": r"\oslash",
    "⊗": r"\otimes", "⊕": r"\oplus", "∘": r"\circ",
    "Σ": r"\sum", "∏": r"\prod", "∫": r"\int", "∂": r"\partial", "∇": r"\nabla", "√": r"\surd", "∞": r"\infty",
    "…": r"\ldots", "⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots",
    ",": ",", ";": ";", ":": ":", ".": ".", "!": "!", "(": "(", ")": ")", "[": "[", "]": "]", "|": "|", "‖": r"\Vert",
    "′": "'", "″": "''", "⊤": r"\top", "ᵀ": r"\top", "𝑇": "T", "½": r"\tfrac{1}{2}",
    "✓": r"\checkmark", "∎": r"\blacksquare",
}  # fmt: skip
RELATIONS = frozenset("=≠≈≡≔∝∼<>≤≥∈←→↦⇐⇒⇔")
PREFIX = frozenset("−+±")  # can stand before a term that has nothing to its left
POSTFIX = frozenset(")].!′″⊤ᵀ𝑇…⋯⋮⋱½∞|‖")  # what follows them does not start anew
TIGHT_BEFORE = frozenset(",;:.!)]′″ᵀ𝑇")
TIGHT_AFTER = frozenset("([∂∇√")
