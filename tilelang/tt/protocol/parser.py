"""From a kernel's text to its tree. What is not of the subset is refused, with its line."""

from __future__ import annotations

from functools import lru_cache

from .syntax import (
    Assign,
    Binary,
    Braces,
    Call,
    Choose,
    Declare,
    Do,
    Element,
    Expression,
    Function,
    Loop,
    Member,
    Name,
    Number,
    Return,
    Statement,
    Text,
    Token,
    Unread,
    tokens,
)

_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), (">>",), ("+", "-"),
           ("*", "/", "%"))  # fmt: skip
_BEFORE_TYPE = {"const", "constexpr", "volatile", "inline", "ALWI", "tt_l1_ptr", "static"}
_UNREAD = {"while", "do", "switch", "goto", "break", "continue", "asm", "new", "delete", "sizeof"}
_TYPES = {"uint32_t", "int32_t", "uint16_t", "bool", "auto", "void"}


@lru_cache(maxsize=64)
def parse(text: str) -> Text:
    """The tree of a text, which nobody changes. Raises Unread."""
    return _Parser(text).text()


class _Parser:
    def __init__(self, text: str) -> None:
        self.all = list(tokens(text))
        self.at = 0
        self.found = Text()
        self.types = set(_TYPES)

    # Tokens.

    @property
    def now(self) -> Token:
        return self.all[self.at]

    def ahead(self, by: int = 1) -> str:
        return self.all[min(self.at + by, len(self.all) - 1)].text

    def take(self, text: str | None = None, kind: str | None = None) -> Token:
        token = self.now
        if (text is not None and token.text != text) or (kind is not None and token.kind != kind):
            raise Unread(token.line, f"found {token.text!r}; expected {text or kind}")
        self.at += 1
        return token

    def maybe(self, text: str) -> bool:
        if self.now.text == text and self.now.kind != "end":
            self.at += 1
            return True
        return False

    # The whole.

    def text(self) -> Text:
        while self.now.kind != "end":
            if self.maybe("constexpr"):
                self.take("uint32_t")
                name = self.take(kind="name").text
                self.take("=")
                self.found.constants[name] = int(self.take(kind="number").text, 0)
                self.take(";")
            elif self.now.text == "struct":
                self.struct()
            else:
                self.function()
        return self.found

    def struct(self) -> None:
        """Fields, and functions that only compute: what they give isn't known here."""
        self.take("struct")
        name = self.take(kind="name").text
        self.types.add(name)
        self.take("{")
        fields: list[str] = []
        while not self.maybe("}"):
            self.type()
            member = self.take(kind="name").text
            if self.maybe(";"):
                fields.append(member)
                continue
            self.parameters()
            self.take("const")
            self.block()
        self.take(";")
        self.found.structs[name] = tuple(fields)

    def function(self) -> None:
        if self.maybe("template"):
            self.take("<")
            while not self.maybe(">"):
                self.take("typename")
                self.types.add(self.take(kind="name").text)
                self.maybe(",")
        self.type()
        name = self.take(kind="name")
        parameters = self.parameters()
        if name.text in self.found.functions:
            raise Unread(name.line, f"found {name.text} twice")
        self.found.functions[name.text] = Function(name.text, parameters, self.block(), name.line)

    def parameters(self) -> tuple[str, ...]:
        self.take("(")
        names: list[str] = []
        while not self.maybe(")"):
            self.type()
            names.append(self.take(kind="name").text)
            self.maybe(",")
        return tuple(names)

    def type(self) -> str:
        while self.now.text in _BEFORE_TYPE:
            self.at += 1
        token = self.take(kind="name")
        if token.text not in self.types:
            raise Unread(token.line, f"found {token.text!r}; expected a type")
        self.maybe("*") or self.maybe("&")
        return token.text

    def declares(self) -> bool:
        token = self.now
        if token.text in _BEFORE_TYPE:
            return True
        following = self.all[min(self.at + 1, len(self.all) - 1)]
        return token.text in self.types and following.kind == "name"

    # Statements.

    def block(self) -> tuple[Statement, ...]:
        self.take("{")
        body: list[Statement] = []
        while not self.maybe("}"):
            body += self.statement()
        return tuple(body)

    def statement(self) -> list[Statement]:
        line = self.now.line
        if self.now.text == "for":
            return [self.loop()]
        if self.now.text == "if":
            return [self.choose()]
        if self.maybe("return"):
            value = self.expression()
            self.take(";")
            return [Return(line, value)]
        if self.declares():
            return self.declaration()
        value = self.expression()
        for sign in ("=", "+=", "-=", "*="):
            if self.maybe(sign):
                made: Statement = Assign(line, value, sign[:-1], self.expression())
                self.take(";")
                return [made]
        self.take(";")
        if not isinstance(value, Call):
            raise Unread(line, "found an expression that does nothing")
        return [Do(line, value)]

    def declaration(self) -> list[Statement]:
        line, type_ = self.now.line, self.type()
        out: list[Statement] = []
        while True:
            name = self.take(kind="name").text
            self.take("=")
            out.append(Declare(line, type_, name, self.expression()))
            if self.maybe(";"):
                return out
            self.take(",")

    def loop(self) -> Loop:
        line = self.take("for").line
        self.take("(")
        type_, name = self.type(), self.take(kind="name").text
        self.take("=")
        first = self.expression()
        self.take(";")
        self.take(name)
        self.take("<")
        end = self.expression()
        self.take(";")
        step: Expression = Number(1)
        if self.maybe("++"):
            self.take(name)
        else:
            self.take(name)
            self.take("+=")
            step = self.expression()
        self.take(")")
        return Loop(line, type_, name, first, end, step, self.block())

    def choose(self) -> Choose:
        line = self.take("if").line
        self.take("(")
        condition = self.expression()
        self.take(")")
        then = self.block()
        otherwise: tuple[Statement, ...] = ()
        if self.maybe("else"):
            otherwise = (self.choose(),) if self.now.text == "if" else self.block()
        return Choose(line, condition, then, otherwise)

    # Expressions.

    def expression(self) -> Expression:
        if self.now.text == "{":
            return Braces(self.sequence("{", "}"))
        condition = self.level(0)
        if not self.maybe("?"):
            return condition
        then = self.expression()
        self.take(":")
        return Binary("?", condition, then, self.expression())

    def level(self, which: int) -> Expression:
        if which == len(_LEVELS):
            return self.unary()
        left = self.level(which + 1)
        while self.now.kind == "sign" and self.now.text in _LEVELS[which]:
            sign = self.take().text
            left = Binary(sign, left, self.level(which + 1))
        return left

    def unary(self) -> Expression:
        for sign in ("!", "-"):
            if self.maybe(sign):
                return Binary(sign, self.unary())
        found = self.primary()
        while True:
            if self.maybe("."):
                name = self.take(kind="name")
                if self.now.text == "(":
                    found = Call(name.text, "", self.sequence("(", ")"), name.line, found)
                else:
                    found = Member(found, name.text)
            elif self.maybe("["):
                found = Element(found, self.expression())
                self.take("]")
            else:
                return found

    def primary(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            return Number(int(token.text, 0))
        if token.text == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if token.kind != "name":
            raise Unread(token.line, f"found {token.text!r}; expected a value")
        if token.text in _UNREAD:
            raise Unread(token.line, f"found {token.text}, which the checker doesn't read")
        if token.text in ("true", "false"):
            return Number(int(token.text == "true"))
        template = self.template()
        if self.now.text == "(":
            return Call(token.text, template, self.sequence("(", ")"), token.line)
        return Name(token.text)

    def template(self) -> str:
        """The text between < and > before a call; nothing where < compares."""
        if self.now.text != "<":
            return ""
        depth, at, parts = 0, self.at, []
        while True:
            token = self.all[at]
            depth += {"<": 1, ">": -1}.get(token.text, 0)
            if depth == 0:
                break
            plain = token.kind in ("name", "number")
            if not plain and token.text not in ("<", ">", "::", ",", ".", "(", ")", "*"):
                return ""
            parts.append(token.text)
            at += 1
        if self.all[at + 1].text != "(":
            return ""
        self.at = at + 1
        return " ".join(parts[1:])

    def sequence(self, opening: str, closing: str) -> tuple[Expression, ...]:
        self.take(opening)
        out: list[Expression] = []
        while not self.maybe(closing):
            out.append(self.expression())
            if self.now.text != closing:
                self.take(",")
        return tuple(out)
