r"""LaTeX and Unicode mathematics as a flat list of tokens, each with its place in the file.

A word within a formula is one token: \text{…}, \operatorname{…}, and names and prose that are typed as plain letters.
\left and \right are joined with their bracket. What only changes the looks is left out, and so are comments.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from chainrule.checker import alphabet

MAX_TOKENS = 20_000
_MAX_WORDS = 1_000  # characters of one \text{…}


class Unreadable(Exception):
    """A formula, or a part of it, that the grammar does not have; the reader turns it into `syntax.Unread`."""

    def __init__(self, reason: str, start: int = -1) -> None:
        self.reason, self.start = reason, start
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Token:
    """kind: letter, digit, mark (any other character), command, name, words, left, right, begin, end, row, space."""

    kind: str
    text: str
    start: int
    end: int

    def moved(self, start: int, end: int) -> Token:
        return Token(self.kind, self.text, start, end)


# Longest first: commands (with a star), rows with an optional distance, comments, relations of several characters.
_LEXEME = re.compile(
    r"""(?P<row>\\\\\*?(?:\s*\[-?\d*\.?\d+\s*(?:pt|em|ex|mm|cm|in|px|mu)\])?|\\cr\b)
      | \\(?P<command>[A-Za-z]+)\*?
      | \\(?P<sign>.)
      | (?P<comment>%[^\n]*)
      | (?P<white>\s+)
      | (?P<relation>:=|=:|==|<=|>=|!=|=>|-+>|<-(?!\d|[a-z]))
      | (?P<dots>\.\.\.|\.\.)
      | (?P<word>[A-Za-z]+)
      | (?P<digit>[0-9])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_DELIMITER = re.compile(r"\s*(\\[A-Za-z]+|\\.|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z]+)\*?\s*\}")
_OPTION = re.compile(r"\s*\[[^\]\n]{0,100}\]")
_BRACKETS = {
    r"\{": "{", r"\}": "}", r"\lbrace": "{", r"\rbrace": "}", r"\lbrack": "[", r"\rbrack": "]", r"\|": "||",
    r"\Vert": "||", r"\lVert": "||", r"\rVert": "||", r"\vert": "|", r"\lvert": "|", r"\rvert": "|", r"\langle": "<",
    r"\rangle": ">",
}  # fmt: skip
_THIN = frozenset(",;:!>/")  # \, and such: spaces without a meaning


def tokenise(text: str, start: int, end: int) -> list[Token]:
    """The tokens of text[start:end].

    Raises:
        Unreadable: there are more than MAX_TOKENS.
    """
    out: list[Token] = []
    at = start
    while at < end:
        m = _LEXEME.match(text, at, end)
        assert m is not None, "the last alternative takes any character"
        at = _take(text, m, end, out)
        if len(out) > MAX_TOKENS:
            raise Unreadable(f"the formula is longer than {MAX_TOKENS} signs")
    return out


def _take(text: str, m: re.Match[str], end: int, out: list[Token]) -> int:
    """Append the tokens of a lexeme, and return where the next one starts."""
    s, e, kind = m.start(), m.end(), m.lastgroup
    match kind:
        case "command":
            return _command(text, m.group("command"), s, e, end, out)
        case "sign":
            return _sign(text, m.group("sign"), s, e, out)
        case "row":
            out.append(Token("row", m.group(), s, e))
        case "relation":
            out.append(Token("command", "->" if m.group().endswith("->") else m.group(), s, e))
        case "dots":
            out.append(Token("command", "dots", s, e))
        case "word":
            _word(text, m.group(), s, e, out)
        case "digit":
            out.append(Token("digit", m.group(), s, e))
        case "other":
            return _other(text, s, end, out)
        case _:  # white space, comments
            pass
    return e


def _sign(text: str, sign: str, s: int, e: int, out: list[Token]) -> int:
    """A backslash and one character that is no letter."""
    if sign in "{}":
        out.append(Token("left" if sign == "{" else "right", "\\" + sign, s, e))
    elif sign == "|":
        out.append(Token("mark", "||", s, e))
    elif sign in " \n\t":
        out.append(Token("space", "\\ ", s, e))
    elif sign not in _THIN:
        out.append(Token("mark", sign, s, e))
    return e


def _command(text: str, name: str, s: int, e: int, end: int, out: list[Token]) -> int:
    if name in {"left", "right"}:
        d = _DELIMITER.match(text, e, end)
        if d is None:
            raise Unreadable(f"\\{name} without a bracket", s)
        out.append(Token(name, _BRACKETS.get(d[1], d[1]), s, d.end()))
        return d.end()
    if name in {"begin", "end"}:
        d = _ENVIRONMENT.match(text, e, end)
        if d is None:
            raise Unreadable(f"\\{name} without the name of an environment", s)
        out.append(Token(name, d[1], s, d.end()))
        return d.end()
    if name in alphabet.TEXT or name in {"operatorname", "mathrm", "mathit", "mathsf", "mathtt"}:
        return _words(text, name, s, e, end, out)
    if name in alphabet.WIDE:
        out.append(Token("space", name, s, e))
        return _argument_end(text, e, end) if name == "hspace" else e
    if name in {"tag", "textcircled"}:
        close = _argument_end(text, e, end)
        number = text[e:close].strip("{} ")
        out.append(Token("tag" if name == "tag" else "words", number if name == "tag" else f"({number})", s, close))
        return close
    if name == "bbox":
        option = _OPTION.match(text, e, end)
        out.append(Token("command", "boxed", s, e))
        return option.end() if option else e
    if name in alphabet.DROPPED:
        return e
    if name in alphabet.DROPPED_WITH:
        for _ in range(alphabet.DROPPED_WITH[name]):
            e = _argument_end(text, e, end)
        return e
    if name in alphabet.WORD_SIGNS:
        out.append(Token("words", alphabet.WORD_SIGNS[name], s, e))
    elif name == "not":
        d = _DELIMITER.match(text, e, end)
        negated = {"=": "neq", "\\in": "notin"}.get(d[1] if d else "")
        if d is None or negated is None:
            raise Unreadable(r"\not before a sign that is not = or \in", s)
        out.append(Token("command", negated, s, d.end()))
        return d.end()
    elif name in {"lVert", "rVert", "Vert", "lvert", "rvert", "vert", "mid"}:
        out.append(Token("mark", "||" if "V" in name else "|", s, e))
    elif name in {"lbrace", "rbrace"}:
        out.append(Token("left" if name == "lbrace" else "right", "\\{" if name == "lbrace" else "\\}", s, e))
    else:
        out.append(Token("command", name, s, e))
    return e


def _argument_end(text: str, at: int, end: int) -> int:
    """Where the braces that open at `at` are closed; `at` itself if none open there or they are too long."""
    while at < end and text[at] in " *":
        at += 1
    if at >= end or text[at] != "{":
        return at
    depth = 0
    for k in range(at, min(end, at + _MAX_WORDS)):
        if text[k] == "{" and text[k - 1] != "\\":
            depth += 1
        elif text[k] == "}" and text[k - 1] != "\\":
            depth -= 1
            if depth == 0:
                return k + 1
    return at


_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_NESTED_MATH = re.compile(r"\$([^$]*)\$")


def _words(text: str, name: str, s: int, e: int, end: int, out: list[Token]) -> int:
    r"""\text{…} and its relatives, \operatorname{…}, \mathrm{…} around more than a letter."""
    close = _argument_end(text, e, end)
    if close == e or text[close - 1] != "}":
        out.append(Token("command", "mathrm" if name in alphabet.TEXT else name, s, e))
        return e
    opening = text.index("{", e)
    inside = text[opening + 1 : close - 1]
    plain = re.sub(r"\\[,;:! ]|[{}~]|\\mathrm|\\rm|\\hspace\*?\{[^}]*\}", "", inside)
    bare = plain.strip() if name in alphabet.TEXT else plain.replace(" ", "")
    if "$" in inside and name in alphabet.TEXT:
        # Words with mathematics in them: the parts one after the other.
        at = opening + 1
        for m in _NESTED_MATH.finditer(text, at, close - 1):
            _append_words(text[at : m.start()], at, m.start(), out)
            out.extend(tokenise(text, m.start(1), m.end(1)))
            at = m.end()
        _append_words(text[at : close - 1].replace("$", ""), at, close - 1, out)
    elif not bare:
        pass
    elif len(bare) == 1 and not (name in alphabet.TEXT and not bare.isascii()):
        out.append(Token("command", "mathrm", s, e))
        out.extend(
            Token("letter" if bare.isalpha() else "digit" if bare.isdigit() else "mark", c, s, close) for c in bare
        )
    elif _IDENTIFIER.match(bare) and bare.lower() not in alphabet.PROSE:
        out.append(Token("name", bare, s, close))
    elif name in alphabet.TEXT or bare.lower() in alphabet.PROSE:
        out.append(Token("words", bare, s, close))
    else:
        out.append(Token("command", "mathrm", s, e))
        return e
    return close


def _append_words(words: str, s: int, e: int, out: list[Token]) -> None:
    if words.strip():
        out.append(Token("words", words.strip(), s, e))


def _word(text: str, word: str, s: int, e: int, out: list[Token]) -> None:
    """Letters side by side: a name, a word of prose, or letters one by one."""
    if word in alphabet.NAMES:
        out.append(Token("name", word, s, e))
    elif (len(word) > 2 and word.lower() in alphabet.PROSE) or (
        len(word) == 2
        and word.lower() in alphabet.PROSE
        and text[s - 1 : s] in ("", " ", "\n", "$", "(")
        and text[e : e + 1] in (" ", "\\", "\n")
        and (word.istitle() or word in {"if", "or"})
    ):
        out.append(Token("words", word, s, e))
    else:
        out.extend(Token("letter", c, s + k, s + k + 1) for k, c in enumerate(word))


def _other(text: str, s: int, end: int, out: list[Token]) -> int:
    """Any other character; Unicode as the LaTeX it stands for."""
    c = text[s]
    if c == "~":
        out.append(Token("space", "~", s, s + 1))
    elif c == "Σ" and s + 1 < end and (text[s + 1] == "_" or text[s + 1] in alphabet.LOWERED):
        out.append(Token("command", "sum", s, s + 1))  # typed for ∑
    elif c in alphabet.UNICODE:
        _replace(alphabet.UNICODE[c], s, s + 1, out)
    elif c in alphabet.CIRCLED:
        out.append(Token("words", c, s, s + 1))
    elif c in alphabet.RAISED or c in alphabet.LOWERED:
        table, mark = (alphabet.RAISED, "^") if c in alphabet.RAISED else (alphabet.LOWERED, "_")
        e = s
        while e < end and text[e] in table:
            e += 1
        _replace(mark + "{" + "".join(table[x] for x in text[s:e]) + "}", s, e, out)
        return e
    elif c.isascii():
        out.append(Token("mark", c, s, s + 1))
    elif unicodedata.category(c) in {"Mn", "Me", "Cf", "Zs"}:
        _accent(c, s, out)
    elif c.isalpha():
        plain = unicodedata.normalize("NFKD", c)
        if (plain[0].isascii() and plain[0].isalpha()) or plain[0] in alphabet.UNICODE:
            _replace(plain[0], s, s + 1, out)
            for mark in plain[1:]:
                _accent(mark, s, out)
        else:
            e = s
            while e < end and (text[e] == " " or (text[e].isalpha() and not text[e].isascii())):
                e += 1
            _append_words(text[s:e], s, max(e, s + 1), out)
            return max(e, s + 1)
    else:
        out.append(Token("mark", c, s, s + 1))
    return s + 1


_COMBINING = {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot"}


def _accent(mark: str, s: int, out: list[Token]) -> None:
    """A combining accent: its command before the letter that it follows."""
    if mark in _COMBINING and out and out[-1].kind == "letter":
        out.insert(len(out) - 1, Token("command", _COMBINING[mark], out[-1].start, s + 1))


def _replace(latex: str, s: int, e: int, out: list[Token]) -> None:
    out.extend(t.moved(s, e) for t in tokenise(latex, 0, len(latex)))
