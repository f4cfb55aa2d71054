"""Formulas that a document shows because they are wrong: struck out, marked with a cross, spoken of as a mistake."""

from __future__ import annotations

import re

from chainrule.checker import syntax as s

# The error of a prediction is no mistake: Fehler, erreur, 오류 and 误差 are not among these.
WRONG = re.compile(
    r"\b(wrong(ly)?|incorrect(ly)?|mistaken?(ly)?|mistakes?|not (correct|true|right|valid|hold)|false|fallacy|typo"
    r"|nonsense|avoid|disprove|contradiction|used to think|forg[eo]t\w*|pitfall|erroneous(ly)?|misprint\w*|don'?t"
    r"|never write|does(n'?t| not) hold|is(n'?t| not) equal|falsch\w*|irrtum|nicht richtig"
    r"|faux|fausse|incorrect[eo]s?|err[oó]ne[oa]|fals[oa]|errado)\b"
    r"|[❌✗✘☒]|~~|</?(del|strike|s)>|틀린|틀렸|잘못|오답|错误|錯誤|写错|间違|間違|不正确|不正確|(?<!\w)no[,!.] ",
    re.IGNORECASE,
)
# In a sentence, also what somebody says, and what is said not to be.
SAID = re.compile(
    r"\b(convention|instead|not|never|says?|said|claims?|claimed|thinks?|thought|wrote|writes|guess\w*|argues?|believes?|pretends?|student|pupil"
    r"|would|might|could|sets?|hopes?|nicht|kein\w*|könnte|würde|pas|jamais|nunca|no|alice|bob)\b|n't\b|않|아니|不是|ない",
    re.IGNORECASE,
)
OPTION = re.compile(r"\s*([-*+]\s+)?\(?([A-Fa-f]|[ivx]+)[.)]\s")
STRUCK = re.compile(r"\\(cancel|xcancel|bcancel|sout|st)\b")


def spoken_of_as_wrong(document: s.Document, f: s.Formula) -> bool:
    """Whether the words about a formula, its table or its heading may say that it is not true."""
    text = document.text
    begin, end = text.rfind("\n", 0, f.start) + 1, text.find("\n", f.end)
    lines = text[begin : end if end >= 0 else len(text)]
    if STRUCK.search(f.source) or WRONG.search(_prose(lines)):
        return True
    near = " ".join(_prose(x) for x in (_last_sentence(f.words_before), _first_sentence(f.words_after)))
    if WRONG.search(near) or (not f.display and SAID.search(near)):
        return True
    before = text[:begin].splitlines()
    heading = next((x for x in reversed(before) if x.startswith("#")), "")
    if WRONG.search(heading):
        return True
    if OPTION.match(lines) and any("?" in x for x in before[-6:]):
        return True  # one of the answers to choose from
    if lines.lstrip().startswith("|"):
        table = []
        for x in reversed(before):
            if not x.lstrip().startswith("|"):
                break
            table.append(x)
        return bool(WRONG.search(" ".join(table)))
    return False


def _prose(text: str) -> str:
    """The words without the formulas between them."""
    return re.sub(r"\$[^$]*\$", " ", text)


def _last_sentence(words: str) -> str:
    return re.split(r"(?<=[.!?。])\s", words.strip())[-1]


def _first_sentence(words: str) -> str:
    return re.split(r"(?<=[.!?。])\s", words.strip())[0]
