"""Every error that chainrule raises on purpose.

ChainruleError
├── ParseError (ValueError)          the text is not in the language; has line, column and a caret
├── NameClash (ValueError)           one name as two things, or a reserved name
├── UnknownName (LookupError)        a name or function that nothing declares
├── ShapeError (ValueError)          sizes or axes that do not fit
│   └── AxisError                    an axis that is not there
├── NoRuleError (LookupError)        a primitive without the rule that was needed
├── NotDifferentiable (ValueError)   a derivative that does not exist (argmax, whole-number variables)
├── DomainError (ArithmeticError)    a value outside the domain, or not known well enough
├── DocumentError (ValueError)        a document that cannot be read: no text, too long, an unbalanced $
├── NetworkError (ValueError)        a network file that says what cannot be
├── MissingValue (TypeError)         a value or size that evaluation needs
└── WrongType (TypeError)            something of another kind where an expression, a name or a text is wanted
"""

from __future__ import annotations


class ChainruleError(Exception):
    """The root of all errors of chainrule. `hint` says what to try; line and column count from 1, 0 is no text."""

    line: int = 0
    column: int = 0

    def __init__(self, message: str, *, hint: str = "", place: str = "") -> None:
        self.message, self.hint, self.place = message, hint, place
        super().__init__(message)

    def __str__(self) -> str:
        parts = [self.message]
        if self.place:
            parts.append("\n".join("    " + line for line in self.place.splitlines()))
        if self.hint:
            parts.append(f"  Try: {self.hint}")
        return "\n".join(parts)


class ParseError(ChainruleError, ValueError):
    """The text is not a program of the language."""


class NameClash(ChainruleError, ValueError):
    """One name stands for two things, or a reserved word is used as a name."""


class UnknownName(ChainruleError, LookupError):
    """Nothing declares this name."""


class ShapeError(ChainruleError, ValueError):
    """Sizes that must agree do not, or an operand has the wrong number of axes."""


class AxisError(ShapeError):
    """The operand has no such axis."""


class NoRuleError(ChainruleError, LookupError):
    """A primitive lacks the rule that was needed: never taken as zero."""


class NotDifferentiable(ChainruleError, ValueError):
    """The derivative asked for does not exist."""


class DomainError(ChainruleError, ArithmeticError):
    """A value lies outside the domain of a function."""


class DocumentError(ChainruleError, ValueError):
    """A document that cannot be read at all: it is no text, it is too long, or a $ has no partner."""


class NetworkError(ChainruleError, ValueError):
    """A description of a network that cannot be used: what is wrong, and where in it."""


class MissingValue(ChainruleError, TypeError):
    """A value, size or function that evaluation needs was not given."""


class WrongType(ChainruleError, TypeError):
    """Something of another kind stands where an expression, a name or a text is wanted."""
