"""What commands of LaTeX look like: tables, and nothing else."""

from __future__ import annotations

# ruff: noqa: SIM905  (words side by side are tables that can be read)
from chainrule.notation.display import GREEK
from chainrule.pages.signs import SIGNS

LETTERS = {
    **{name: sign for name, sign in GREEK.items() if name != "lam"},
    "varepsilon": "ε", "epsilon": "ϵ", "vartheta": "ϑ", "varphi": "φ", "phi": "ϕ", "varrho": "ϱ", "varsigma": "ς",
    "ell": "ℓ", "hbar": "ℏ", "imath": "ı", "jmath": "ȷ", "Re": "ℜ", "Im": "ℑ", "aleph": "ℵ", "infty": "∞",
    "emptyset": "∅", "varnothing": "∅", "lambda": "λ",
}  # fmt: skip
OPERATORS = {
    **{latex[1:]: sign for sign, latex in SIGNS.items() if latex[:1] == "\\" and latex[1:].isalpha()},
    "le": "≤", "ge": "≥", "ne": "≠", "leqslant": "≤", "geqslant": "≥", "ll": "≪", "gg": "≫", "lt": "<", "gt": ">",
    "gets": "←", "rightarrow": "→", "longrightarrow": "⟶", "longleftarrow": "⟵", "longmapsto": "⟼", "implies": "⟹",
    "impliedby": "⟸", "iff": "⟺", "Longrightarrow": "⟹", "leftrightarrow": "↔", "leadsto": "⇝", "hookrightarrow": "↪",
    "uparrow": "↑", "downarrow": "↓", "therefore": "∴", "because": "∵", "cdotp": "·", "bullet": "•", "ast": "∗",
    "star": "⋆", "div": "÷", "mp": "∓", "setminus": "∖", "cup": "∪", "cap": "∩", "wedge": "∧", "land": "∧", "vee": "∨",
    "lor": "∨", "neg": "¬", "lnot": "¬", "forall": "∀", "exists": "∃", "notin": "∉", "subset": "⊂", "subseteq": "⊆",
    "supset": "⊃", "succ": "≻", "prec": "≺", "succeq": "⪰", "preceq": "⪯", "perp": "⊥", "bot": "⊥", "top": "⊤",
    "intercal": "⊺", "parallel": "∥", "mid": "∣", "simeq": "≃", "cong": "≅", "doteq": "≐", "triangleq": "≜",
    "coloneqq": "≔", "coloneq": "≔", "defeq": "≝", "colon": ":", "prime": "′", "dagger": "†", "angle": "∠",
    "dots": "…", "ldots": "…", "cdots": "⋯", "vdots": "⋮", "ddots": "⋱", "dotsc": "…", "dotsb": "⋯", "hdots": "…",
    "backslash": "\\", "degree": "°", "blacksquare": "■", "square": "□", "Box": "□", "qed": "□", "checkmark": "✓",
    "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "bigcup": "⋃", "bigcap": "⋂", "bigoplus": "⨁",
    "bigotimes": "⨂", "bigodot": "⨀", "surd": "√",
}  # fmt: skip
LARGE = frozenset("sum prod int bigcup bigcap bigoplus bigotimes bigodot".split())
FENCES = {
    "(": "(", ")": ")", "[": "[", "]": "]", "|": "|", "/": "/", ".": "", "\\{": "{", "\\}": "}", "\\|": "‖",
    "\\lbrace": "{", "\\rbrace": "}", "\\lbrack": "[", "\\rbrack": "]", "\\Vert": "‖", "\\lVert": "‖", "\\rVert": "‖",
    "\\vert": "|", "\\lvert": "|", "\\rvert": "|", "\\langle": "⟨", "\\rangle": "⟩", "\\lfloor": "⌊", "\\rfloor": "⌋",
    "\\lceil": "⌈", "\\rceil": "⌉", "<": "⟨", ">": "⟩",
}  # fmt: skip
OPENING, CLOSING = frozenset("([{⟨⌊⌈"), frozenset(")]}⟩⌋⌉")
FUNCTIONS = frozenset(
    """exp log ln lg sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan det dim ker deg gcd hom arg tr
    diag rank sgn sign Pr softmax""".split()
)
LIMITS = frozenset("max min argmax argmin sup inf lim limsup liminf".split())
ACCENTS = {
    "hat": "^", "widehat": "^", "bar": "¯", "overline": "¯", "tilde": "~", "widetilde": "~", "vec": "→",
    "overrightarrow": "→", "dot": "˙", "ddot": "¨", "check": "ˇ", "breve": "˘", "acute": "´", "grave": "`",
    "mathring": "˚", "overbrace": "⏞",
}  # fmt: skip
BELOW = {"underline": "_", "underbrace": "⏟"}
SPACES = {
    ",": "0.17em", ":": "0.22em", ">": "0.22em", ";": "0.28em", " ": "0.25em", "!": "-0.17em", "quad": "1em",
    "qquad": "2em", "enspace": "0.5em", "enskip": "0.5em", "thinspace": "0.17em", "negthinspace": "-0.17em",
    "space": "0.25em",
}  # fmt: skip
UPRIGHT = frozenset(
    "mathrm mathsf mathtt operatorname textrm textsf texttt rm sf tt mathop operatornamewithlimits".split()
)
BOLD = frozenset("mathbf boldsymbol bm pmb mathbold textbf symbf mathbfit".split())
WORDS = frozenset(
    "text textrm textnormal textup textit textbf textsf texttt mbox hbox intertext shortintertext".split()
)
_STRUCK = {"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
_SCRIPT = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ", "e": "ℯ", "g": "ℊ", "o": "ℴ"}
DROPPED = frozenset(
    """displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag bf it mathstrut strut
    boldmath big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm normalsize small tiny footnotesize
    scriptsize large Large hline noindent centering allowbreak nobreak hfill break newline relax protect qedhere
    mathbin mathrel mathord mathclose mathopen ensuremath mathit mathnormal""".split()
)
WITH_ARGUMENT = frozenset("label vspace hspace color phantom hphantom vphantom cline ref eqref cite footnote".split())


def struck(c: str) -> str:
    """A letter or digit in blackboard bold."""
    return _STRUCK.get(c) or _moved(c, 0x1D538, 0x1D552, 0x1D7D8)


def script(c: str) -> str:
    """A letter as it is written by hand."""
    return _SCRIPT.get(c) or _moved(c, 0x1D49C, 0x1D4B6, 0)


def _moved(c: str, capital: int, small: int, digit: int) -> str:
    if "A" <= c <= "Z":
        return chr(capital + ord(c) - ord("A"))
    if "a" <= c <= "z":
        return chr(small + ord(c) - ord("a"))
    return chr(digit + ord(c) - ord("0")) if digit and "0" <= c <= "9" else c
