"""What the signs of LaTeX and of Unicode mathematics stand for: tables, and nothing else."""

from __future__ import annotations

# ruff: noqa: SIM905  (words side by side are tables that can be read)

BIG_GREEK = frozenset("Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split())
SMALL_GREEK = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi
    psi omega varepsilon vartheta varpi varrho varsigma varphi""".split()
)
GREEK = SMALL_GREEK | BIG_GREEK
# Letters that stand for numbers where nothing else is said of them.
GREEK_NUMBERS = SMALL_GREEK - frozenset("iota omicron pi upsilon vartheta varpi varrho varsigma".split())
# Letters that are an index where they stand below a symbol; the others tell symbols apart there, as words do.
GREEK_INDICES = frozenset("alpha beta gamma delta kappa lambda mu nu rho sigma tau ell".split())
# Commands that are a symbol by themselves.
SYMBOLS = GREEK | frozenset("ell hbar infty emptyset varnothing top bot Re Im imath jmath dagger aleph".split())

# Relation signs, by command or character, with the names that `syntax.Statement` gives them.
RELATIONS = {
    "=": "=", "==": "=", "equiv": "=", "=:": "=",
    ":=": ":=", "coloneqq": ":=", "coloneq": ":=", "triangleq": ":=", "eqdef": ":=", "defeq": ":=",
    "leftarrow": ":=", "gets": ":=", "longleftarrow": ":=", "Leftarrow": ":=", "<-": ":=",
    "approx": "approx", "simeq": "approx", "cong": "approx", "doteq": "approx", "approxeq": "approx",
    "propto": "propto", "sim": "sim", "in": "in", "notin": "notin",
    "Rightarrow": "implies", "implies": "implies", "Longrightarrow": "implies", "=>": "implies", "leadsto": "implies",
    "iff": "iff", "Leftrightarrow": "iff", "Longleftrightarrow": "iff",
    "to": "maps", "rightarrow": "maps", "longrightarrow": "maps", "mapsto": "maps", "longmapsto": "maps", "->": "maps",
    "xrightarrow": "maps", "hookrightarrow": "maps",
    "<": "<", "lt": "<", "ll": "<", ">": ">", "gt": ">", "gg": ">",
    "le": "<=", "leq": "<=", "leqslant": "<=", "<=": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", ">=": ">=",
    "ne": "!=", "neq": "!=", "!=": "!=",
    ":": ":", "colon": ":", "subset": "subset", "succ": "succ", "succeq": "succeq",
    "perp": "perp", "subseteq": "subset",
}  # fmt: skip

# Signs between factors, with the names that `syntax.Product` gives them.
TIMES = {
    "cdot": "cdot", "bullet": "cdot", "times": "times", "odot": "odot", "circ": "odot", "ast": "odot", "star": "odot",
    "otimes": "otimes", "*": "ast",
}  # fmt: skip
SIGNS = {"+": 1, "-": -1, "pm": 0, "mp": 0}
DIVIDES = {"/": False, "div": False, "oslash": True}

# Functions that take what follows them even without brackets.
FUNCTIONS = frozenset(
    """exp log ln lg sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan max min argmax argmin sup inf lim
    det tr diag vec rank sign sgn softmax logsoftmax softplus sigmoid relu erf logsumexp logit cov var dim ker gcd mean
    elu gelu silu swish mish norm abs sqrt onehot arg sum""".split()
)
SPELLINGS = {
    "trace": "tr",
    "Tr": "tr",
    "Diag": "diag",
    "log_softmax": "logsoftmax",
    "lse": "logsumexp",
    "one_hot": "onehot",
    "sgn": "sign",
}

# Names of one word that people write in italics without further marks.
NAMES = frozenset(
    """Loss loss ReLU relu lr softmax sigmoid diag tanh exp log max min tr det sin cos argmax argmin new old next prev
    train test true pred out""".split()
)

# Words of prose; in a display they stand between statements. The short ones count only between spaces.
PROSE = frozenset(
    """and because otherwise where when with then hence thus since from have such that for let therefore else similarly
    also using note here gives get yields we the are all each every any both so or if is as at by in of on to""".split()
)
OTHERWISE = (
    "otherwise",
    "else",
    "그 외",
    "그외",
    "그밖",
    "아니",
    "나머지",
    "sonst",
    "sinon",
    "ansonsten",
    "其他",
    "その他",
)

ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde",
    "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve", "acute": "acute", "grave": "grave",
    "mathring": "ring",
}  # fmt: skip
# Alphabets that say nothing about which symbol it is, and those that do: \mathcal L is not L.
PLAIN_FONTS = frozenset(
    """mathbf boldsymbol bm mathbold pmb vec overrightarrow mathrm mathsf mathit mathtt mathnormal mathbfit symbf symrm
    symbfit textrm textbf textit textsf mathbb mathds Bbb operatorname operatornamewithlimits underline boxed""".split()
)
MARKED_FONTS = {"mathcal": "cal", "mathscr": "cal", "cal": "cal", "mathfrak": "frak"}
TEXT = frozenset("text textrm textbf textit textsf textnormal textup mbox hbox intertext shortintertext".split())

BIG = {"sum": "sum", "prod": "prod", "bigcup": "union", "bigcap": "intersection"}
DOTS = frozenset("dots ldots cdots vdots ddots dotsc dotsb dotsm dotsi dotso hdots".split())
WORD_SIGNS = {"therefore": "therefore", "because": "because", "forall": "for all", "exists": "exists", "qed": "",
              "Box": "", "blacksquare": "", "square": ""}  # fmt: skip

# Commands that only change the looks: dropped, the second table with that many arguments.
DROPPED = frozenset(
    """displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag rm bf it sf tt mathstrut
    strut boldmath big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm middle normalsize small tiny
    footnotesize scriptsize large Large hline noindent centering mathop mathbin mathrel mathord mathclose mathopen
    allowbreak nobreak ensuremath hfill hfil break newline relax protect qedhere cr space
    thinspace negthinspace""".split()
)  # fmt: skip
DROPPED_WITH = {
    "label": 1, "vspace": 1, "color": 1, "textcolor": 1, "colorbox": 1, "phantom": 1, "hphantom": 1,
    "vphantom": 1, "cline": 1, "fontsize": 2, "style": 1, "class": 1, "ref": 1, "eqref": 1, "cite": 1, "footnote": 1,
    "setlength": 2, "arraystretch": 0,
}  # fmt: skip
WIDE = frozenset("quad qquad enspace enskip hspace".split())

# Environments whose rows are lines of a derivation, and those that are tables of entries.
LINES = frozenset(
    """equation align aligned alignat alignedat flalign gather gathered split multline multlined eqnarray subequations
    IEEEeqnarray math displaymath dmath dgroup""".split()
)
MATRICES = frozenset(
    "matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix psmallmatrix bsmallmatrix array".split()
)

# Unicode, as the LaTeX it stands for.
_SIGNS = {
    "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "√": r"\sqrt", "⊙": r"\odot", "∘": r"\circ",
    "⊗": r"\otimes", "·": r"\cdot", "⋅": r"\cdot", "∙": r"\cdot", "•": r"\cdot", "×": r"\times", "÷": r"\div", "∗": "*",
    "⋆": r"\star", "−": "-", "–": "-", "±": r"\pm", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx",
    "≡": r"\equiv", "≔": r"\coloneqq", "≜": r"\triangleq", "∝": r"\propto", "∼": r"\sim", "∈": r"\in", "∉": r"\notin",
    "→": r"\to", "⟶": r"\to", "↦": r"\mapsto", "←": r"\gets", "⇒": r"\implies", "⟹": r"\implies", "⇔": r"\iff",
    "⟺": r"\iff", "∴": r"\therefore", "∵": r"\because", "∀": r"\forall", "∞": r"\infty", "‖": r"\|", "∥": r"\|",
    "∣": "|", "…": r"\dots", "⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots", "′": "'", "″": "''", "’": "'",
    "ℝ": r"\mathbb{R}", "ℓ": r"\ell", "𝟙": r"\mathbb{1}", "𝟏": r"\mathbf{1}", "⊤": r"\top", "⟨": r"\langle",
    "⟩": r"\rangle", "½": r"\frac12", "⅓": r"\frac13", "⅔": r"\frac23", "¼": r"\frac14", "¾": r"\frac34", "∧": r"\land",
    "⊂": r"\subset", "⊘": r"\oslash", "ℒ": r"\mathcal{L}", "ϵ": r"\epsilon", "ε": r"\epsilon", "ϕ": r"\phi",
    "φ": r"\phi", "ϑ": r"\vartheta", "ς": r"\varsigma", "µ": r"\mu", "∅": r"\emptyset", "ı": "i", "（": "(",
    "）": ")", "，": ",", "＝": "=", "；": ";", "：": ":",
}  # fmt: skip
_GREEK = {
    letter: "\\" + name
    for letter, name in zip(
        "αβγδζηθικλμνξοπρστυχψωΓΔΘΛΞΠΣΥΦΨΩ",
        """alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon chi psi
        omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega""".split(),
        strict=True,
    )
}
UNICODE = _SIGNS | _GREEK
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁱⁿˡᵏʲᴸᴺᵗᵐ", "0123456789+-()inlkjLNtm", strict=True)) | {"ᵀ": r"\top", "ᵗ": "t"}
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ᵢⱼₖₗₘₙₜₓₚₛ", "0123456789+-()ijklmntxps", strict=True))
# ① … ⑳, ❶ … and such: labels.
CIRCLED = frozenset(map(chr, [*range(0x2460, 0x2474), *range(0x2776, 0x2780), *range(0x24B6, 0x24EA)]))
