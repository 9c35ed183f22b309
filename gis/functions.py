"""Functions that filters need and that the two databases lack or do differently: the same on both.

SpatiaLite calls those written here; PostGIS gets the same written in SQL, in the schema that says what is
published. Folding of case is Unicode's full case folding, by the tables of this Python on both sides.
Arithmetic is that of double precision; what has no finite value there is NULL, not an error.
"""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache

# The blocks of combining diacritical marks: accents, but not the vowels and voicing marks of other scripts.
_MARKS = r"\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F"
_GAP = 0x200  # of code points without case, within a region of scripts that have it
_MARK = re.compile(f"[{_MARKS}]")


def casei(text: str) -> str:
    """The text without differences of case: full case folding."""
    return text.casefold()


def accenti(text: str) -> str:
    """The text without combining diacritical marks, composed (NFC). Letters such as ø have none and stay."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFD", text)))


def calculate(left: float, op: str, right: float) -> float | None:
    """The value of an arithmetic operation, None where it has none: a division by zero, an overflow."""
    try:
        result = _OPERATIONS[op](left, right)
    except (ArithmeticError, ValueError):
        return None
    return result if math.isfinite(result) else None


def _product(left: float, right: float) -> float:
    return _not_vanished(left * right, left != 0 and right != 0)


def _ratio(left: float, right: float) -> float:
    return _not_vanished(left / right, left != 0)


def _quotient(left: float, right: float) -> float:
    return float(math.trunc(_ratio(left, right)))


def _remainder(left: float, right: float) -> float:
    return left - right * _quotient(left, right)


def _power(left: float, right: float) -> float:
    return _not_vanished(math.pow(left, right), left != 0)


def _not_vanished(result: float, expected: bool) -> float:
    """The result, unless it is too small to be told from zero; that is an error for PostgreSQL too."""
    if result == 0 and expected:
        raise ArithmeticError("underflow")
    return result


_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": _product,
    "/": _ratio,
    "div": _quotient,
    "%": _remainder,
    "^": _power,
}


OPERATORS = frozenset(_OPERATIONS)


def _nullable(function: Callable[..., object]) -> Callable[..., object]:
    """The function as SQL has it: NULL when an argument is."""
    return lambda *args: None if None in args else function(*args)


# Name, number of arguments, and what SpatiaLite calls.
FOR_SQLITE = tuple(
    (function.__name__, count, _nullable(function))
    for function, count in ((casei, 1), (accenti, 1), (calculate, 3))
)


@cache
def for_postgresql(schema: str) -> tuple[str, ...]:
    """The statements that make the functions, or make them anew, in a schema."""
    text = "RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE"
    # Not safe in parallel workers: what catches an error begins a transaction within the transaction.
    number = "RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT"
    functions = (
        (f"casei(t text) {text}", _casei_sql()),
        (f"accenti(t text) {text}", _ACCENTI_SQL),
        (f"calculate(a double precision, op text, b double precision) {number}", _CALCULATE_SQL),
    )
    return tuple(
        f"CREATE OR REPLACE FUNCTION {schema}.{head} AS $body$ {body} $body$" for head, body in functions
    )


def _casei_sql() -> str:
    """Folds ASCII alone where there is nothing else to fold, which is nearly everywhere."""
    folded = {c: c.casefold() for c in map(chr, _scalars()) if c.casefold() != c}
    simple = {c: to for c, to in folded.items() if len(to) == 1}
    full = f"translate(lower(t COLLATE \"C\"), '{''.join(simple)}', '{''.join(simple.values())}')"
    for character, to in folded.items():
        if len(to) > 1:
            full = f"replace({full}, '{character}', '{to}')"
    return f"""
BEGIN
    IF octet_length(t) = length(t) OR t COLLATE "C" !~ '[{_regions(map(ord, folded))}]' THEN
        RETURN lower(t COLLATE "C");
    END IF;
    RETURN {full};
END
"""


def _scalars() -> Iterator[int]:
    """The code points of Unicode beyond ASCII."""
    yield from range(0x80, 0xD800)
    yield from range(0xE000, 0x110000)


def _regions(codes: Iterable[int]) -> str:
    r"""A few ranges that hold ascending code points, for a bracket expression: \U000000B5-\U00000587 …"""
    regions: list[list[int]] = []
    for code in codes:
        if regions and code - regions[-1][1] <= _GAP:
            regions[-1][1] = code
        else:
            regions.append([code, code])
    return "".join(rf"\U{first:08X}-\U{last:08X}" for first, last in regions)


_ACCENTI_SQL = f"""
BEGIN
    RETURN normalize(regexp_replace(normalize(t, NFD), '[{_MARKS}]', '', 'g'), NFC);
END
"""
# PostgreSQL has no % of floats.
_CALCULATE_SQL = """
BEGIN
    RETURN CASE op
        WHEN '+' THEN a + b
        WHEN '-' THEN a - b
        WHEN '*' THEN a * b
        WHEN '/' THEN a / b
        WHEN 'div' THEN trunc(a / b)
        WHEN '%' THEN a - b * trunc(a / b)
        WHEN '^' THEN power(a, b)
    END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
"""
