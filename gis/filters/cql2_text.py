"""CQL2 text → expression. The grammar is that of the standard (OGC 21-065r2, annex B), by Lark's LALR parser.

LALR neither recurses nor backtracks: its time grows with the length of the text alone, whatever is
nested in it. Arrays are understood so that they can be refused by name: no property is one.
"""

from __future__ import annotations

import re
from functools import cache

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from gis.expression import Call, GeometryLiteral, Literal, Node, Property, refuse
from gis.filters import literals

_GRAMMAR = r"""
?start: or_

?or_: and_ (_OR and_)*
?and_: _boolean (_AND _boolean)*
_boolean: not_ | predicate
not_: _NOT _boolean

?predicate: sum
    | sum COMPARISON sum -> operation
    | sum _LIKE _pattern -> like
    | sum _NOT _LIKE _pattern -> not_like
    | sum _BETWEEN sum _AND sum -> between
    | sum _NOT _BETWEEN sum _AND sum -> not_between
    | sum _IN "(" or_ ("," or_)* ")" -> in_
    | sum _NOT _IN "(" or_ ("," or_)* ")" -> not_in
    | sum _IS _NULL -> is_null
    | sum _IS _NOT _NULL -> is_not_null

_pattern: pattern | folded_pattern
pattern: STRING
folded_pattern: NAME "(" _pattern ")"

?sum: product
    | sum SIGN product -> operation
?product: power
    | product (TIMES | DIV) power -> operation
?power: factor
    | factor POWER factor -> operation
?factor: "(" or_ ")"
    | SIGN _operand -> signed
    | _operand
_operand: number | string | true | false | property | call | geometry | collection

number: NUMBER
string: STRING
true: _TRUE
false: _FALSE
property: NAME | QUOTED
call: NAME "(" [_argument ("," _argument)*] ")"
_argument: or_ | array
array: "(" ")" | "(" _argument ("," _argument)+ ")"

geometry: WKT coordinates
collection: _COLLECTION "(" geometry ("," geometry)* ")"
coordinates: "(" (coordinates | position) ("," (coordinates | position))* ")"
position: coordinate coordinate [coordinate]
coordinate: [SIGN] NUMBER

_OR.2: /OR(?![\w.:])/i
_AND.2: /AND(?![\w.:])/i
_NOT.2: /NOT(?![\w.:])/i
_LIKE.2: /LIKE(?![\w.:])/i
_BETWEEN.2: /BETWEEN(?![\w.:])/i
_IN.2: /IN(?![\w.:])/i
_IS.2: /IS(?![\w.:])/i
_NULL.2: /NULL(?![\w.:])/i
_TRUE.2: /TRUE(?![\w.:])/i
_FALSE.2: /FALSE(?![\w.:])/i
DIV.2: /DIV(?![\w.:])/i
WKT.3: /(MULTI)?(POINT|LINESTRING|POLYGON)(\s*Z)?(?=\s*\()/i
_COLLECTION.3: /GEOMETRYCOLLECTION(\s*Z)?(?=\s*\()/i

COMPARISON: "=" | "<>" | "<=" | ">=" | "<" | ">"
SIGN: "+" | "-"
TIMES: "*" | "/" | "%"
POWER: "^"
NUMBER: /([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
STRING: /'([^'\\]|''|\\.)*'/s
NAME: /(?![0-9])[:\w][\w.:]*/
QUOTED: /"([^"]|"")+"/
_SPACE: /\s+/
%ignore _SPACE
"""

_SHOWN = 30  # characters before the place of an error
_CONTROL = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "'": "'"}
_KINDS = {kind.upper(): kind for kind in literals.KINDS}
_ESCAPE = re.compile(r"''|\\(.)", re.S)


def parse(text: str) -> Node:
    """The expression that a text means. Raises `BadParameter` saying where it cannot be understood."""
    try:
        return _parser().parse(text)  # type: ignore[return-value]  # the transformer makes nodes of the tree
    except UnexpectedInput as error:
        at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        place = len(text) if at_end else error.pos_in_stream or 0
        before = f"after {text[max(0, place - _SHOWN) : place]!r}" if place else "at its beginning"
        refuse(text[place:] or "the end of the text", f"CQL2 text that goes on otherwise {before}")


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Expressions(), maybe_placeholders=True)


@v_args(inline=True)
class _Expressions(Transformer[Token, Node]):
    """One method for each rule of the grammar."""

    def or_(self, *args: Node) -> Node:
        return Call("or", args)

    def and_(self, *args: Node) -> Node:
        return Call("and", args)

    def not_(self, arg: Node) -> Node:
        return Call("not", (arg,))

    def operation(self, left: Node, op: Token, right: Node) -> Node:
        return Call(op.lower(), (left, right))

    def like(self, *args: Node) -> Node:
        return Call("like", args)

    def not_like(self, *args: Node) -> Node:
        return self.not_(Call("like", args))

    def between(self, *args: Node) -> Node:
        return Call("between", args)

    def not_between(self, *args: Node) -> Node:
        return self.not_(Call("between", args))

    def in_(self, *args: Node) -> Node:
        return Call("in", args)

    def not_in(self, *args: Node) -> Node:
        return self.not_(Call("in", args))

    def is_null(self, arg: Node) -> Node:
        return Call("isnull", (arg,))

    def is_not_null(self, arg: Node) -> Node:
        return self.not_(Call("isnull", (arg,)))

    def pattern(self, token: Token) -> Node:
        return Literal(_unescaped(token, backslash="\\\\"))

    def folded_pattern(self, name: Token, pattern: Node) -> Node:
        return Call(name.lower(), (pattern,))

    def signed(self, sign: Token, operand: Node) -> Node:
        match sign, operand:
            case "+", _:
                return operand
            case "-", Literal(int() | float() as number) if not isinstance(number, bool):
                return Literal(-number)
            case _:
                return Call("*", (Literal(-1), operand))

    def number(self, token: Token) -> Node:
        return Literal(_number(token))

    def string(self, token: Token) -> Node:
        return Literal(_unescaped(token, backslash="\\"))

    def true(self) -> Node:
        return Literal(True)

    def false(self) -> Node:
        return Literal(False)

    def property(self, token: Token) -> Node:
        return Property(token[1:-1].replace('""', '"') if token.type == "QUOTED" else str(token))

    def call(self, token: Token, *given: Node | None) -> Node:
        name, args = token.lower(), tuple(arg for arg in given if arg is not None)
        match name, args:
            case "date" | "timestamp", (Literal(str() as text),):
                return Literal(literals.day(text) if name == "date" else literals.instant(text))
            case "interval", (start, end):
                return literals.interval(start, end)
            case "bbox", _:
                return GeometryLiteral("BBox", tuple(_value(arg) for arg in args))
            case (("date" | "timestamp" | "interval"), _):
                refuse(
                    f"{token}(…)",
                    "DATE('2021-12-31'), TIMESTAMP('2021-12-31T08:00:00Z') or INTERVAL('…', '…')",
                )
            case _:
                return Call(name, args)

    def array(self, *_args: Node) -> Node:
        refuse("(…, …)", literals.NO_ARRAYS)

    def geometry(self, token: Token, coordinates: tuple[object, ...]) -> Node:
        kind = _KINDS[token.upper().removesuffix("Z").strip()]
        if kind == "Point":
            return GeometryLiteral(kind, _only(coordinates))
        if kind == "MultiPoint":
            return GeometryLiteral(kind, tuple(map(_point, coordinates)))
        return GeometryLiteral(kind, coordinates)

    def collection(self, *parts: Node) -> Node:
        return GeometryLiteral("GeometryCollection", parts)

    def coordinates(self, *parts: object) -> tuple[object, ...]:
        return parts

    def position(self, *numbers: object) -> tuple[object, ...]:
        return tuple(number for number in numbers if number is not None)

    def coordinate(self, sign: Token | None, token: Token) -> object:
        number = _number(token)
        return -number if sign == "-" else number


def _number(token: str) -> int | float:
    whole = token.isdecimal() and len(token) < 19
    return literals.number(int(token) if whole else float(token))


def _unescaped(token: str, backslash: str) -> str:
    """The text of a literal. An escape that the standard does not know stays: it may be one of a pattern."""

    def meant(found: re.Match[str]) -> str:
        escaped = found[1]
        return "'" if escaped is None else backslash if escaped == "\\" else _CONTROL.get(escaped, found[0])

    return _ESCAPE.sub(meant, token[1:-1])


def _value(node: Node) -> object:
    return node.value if isinstance(node, Literal) else None


def _only(coordinates: tuple[object, ...]) -> tuple[object, ...]:
    """The one position of a point."""
    match coordinates:
        case (tuple() as position,):
            return position
    refuse("POINT(…)", "one position")


def _point(part: object) -> object:
    """A point of a multi-point may stand in brackets of its own, or not."""
    return part[0] if isinstance(part, tuple) and part and isinstance(part[0], tuple) else part
