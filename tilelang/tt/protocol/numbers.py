"""Integers that are known in part: polynomials over names and over what else is computed of them.

Two values are equal if they are the same polynomial; whether one is at most another is decided by
the bounds of loops and by what is known of names, or it stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Union

Value = Union[int, "Poly"]


@dataclass(frozen=True)
class Atom:
    """A name, which has no arguments, or an operation that isn't a polynomial."""

    name: str
    arguments: tuple[Value, ...] = ()

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, self.arguments))

    def __hash__(self) -> int:
        return self._hash  # what is nested deep is asked for it at each level

    @cached_property
    def text(self) -> str:
        inner = ", ".join(map(str, self.arguments))
        return f"{self.name}({inner})" if self.arguments else self.name

    def has(self, name: str) -> bool:
        if not self.arguments:
            return self.name == name
        return any(isinstance(a, Poly) and a.has(name) for a in self.arguments)


Monomial = tuple[Atom, ...]


class Poly:
    """A sum of products of atoms; never a plain number, which is an int."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = dict(terms)
        self._hash: int | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __add__(self, other: Value) -> Value:
        out = dict(self.terms)
        for monomial, n in _terms(other).items():
            out[monomial] = out.get(monomial, 0) + n
        return _made(out)

    __radd__ = __add__

    def __neg__(self) -> Value:
        return _made({monomial: -n for monomial, n in self.terms.items()})

    def __sub__(self, other: Value) -> Value:
        return self + -other

    def __rsub__(self, other: Value) -> Value:
        return -self + other

    def __mul__(self, other: Value) -> Value:
        out: dict[Monomial, int] = {}
        for a, n in self.terms.items():
            for b, m in _terms(other).items():
                both = tuple(sorted((*a, *b), key=lambda atom: atom.text))
                out[both] = out.get(both, 0) + n * m
        return _made(out)

    __rmul__ = __mul__

    def has(self, name: str) -> bool:
        return any(atom.has(name) for monomial in self.terms for atom in monomial)

    def linear(self, name: str) -> bool:
        """Whether a name occurs at most once in each product, and in no operation."""
        return all(
            sum(2 if atom.arguments else 1 for atom in monomial if atom.has(name)) <= 1
            for monomial in self.terms
        )

    def __str__(self) -> str:
        parts = []
        for monomial, n in sorted(self.terms.items(), key=lambda t: [a.text for a in t[0]]):
            factors = [atom.text for atom in monomial]
            if n != 1 or not factors:
                factors.insert(0, str(n))
            parts.append(" * ".join(factors))
        return " + ".join(parts)


def _terms(value: Value) -> Mapping[Monomial, int]:
    return value.terms if isinstance(value, Poly) else {(): value}


def _made(terms: Mapping[Monomial, int]) -> Value:
    kept = {monomial: n for monomial, n in terms.items() if n}
    if not kept or set(kept) == {()}:
        return kept.get((), 0)
    return Poly(kept)


def name(text: str) -> Value:
    return Poly({(Atom(text),): 1})


def opaque(operation: str, *arguments: Value) -> Value:
    return Poly({(Atom(operation, arguments),): 1})


def replaced(value: Value, key: str, by: Value) -> Value:
    """The value with another in a name's place."""
    if not isinstance(value, Poly) or not value.has(key):
        return value
    total: Value = 0
    for monomial, n in value.terms.items():
        product: Value = n
        for atom in monomial:
            if not atom.arguments:
                factor = by if atom.name == key else Poly({(atom,): 1})
            elif atom.has(key):
                arguments = tuple(replaced(a, key, by) for a in atom.arguments)
                factor = computed(atom.name, *arguments)
            else:
                factor = Poly({(atom,): 1})
            product = product * factor
        total = total + product
    return total


# What C++ computes. Conditions are 0 or 1.


def _quotient(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_PLAIN: dict[str, Callable[[int, int], int]] = {
    "/": _quotient,
    "%": lambda a, b: a - b * _quotient(a, b),
    "<": lambda a, b: int(a < b),
    "==": lambda a, b: int(a == b),
    ">>": lambda a, b: a >> b,
}


def computed(sign: str, *arguments: Value) -> Value:
    """The value of an operation, by its sign."""
    if sign in _PLAIN and all(isinstance(a, int) for a in arguments):
        a, b = arguments
        assert isinstance(a, int)
        assert isinstance(b, int)
        if sign in "/%" and b == 0:
            return opaque(sign, a, b)
        return _PLAIN[sign](a, b)
    if sign in ("<", "=="):
        apart = arguments[1] - arguments[0]
        if isinstance(apart, int):
            return int(apart > 0 if sign == "<" else apart == 0)
    return opaque(sign, *arguments)


def binary(sign: str, a: Value, b: Value) -> Value:
    if sign == "+":
        return a + b
    if sign == "-":
        return a - b
    if sign in ("*", "&&"):
        return a * b
    if sign == "||":
        return a + b - a * b
    if sign in ("<", ">"):
        return computed("<", a, b) if sign == "<" else computed("<", b, a)
    if sign in ("<=", ">="):
        return 1 - (computed("<", b, a) if sign == "<=" else computed("<", a, b))
    if sign in ("==", "!="):
        equal = computed("==", *sorted((a, b), key=str))
        return equal if sign == "==" else 1 - equal
    return computed(sign, a, b)


def below_of(condition: Value) -> tuple[tuple[Value, Value], ...]:
    """(a, b) where a condition is a < b and nothing else."""
    if isinstance(condition, Poly) and list(condition.terms.values()) == [1]:
        (monomial,) = condition.terms
        if len(monomial) == 1 and monomial[0].name == "<":
            less, more = monomial[0].arguments
            return ((less, more),)
    return ()


def only_where(condition: Value, value: Value) -> bool:
    """Whether a value is surely 0 where a condition, a comparison, is."""
    if value == 0 or not isinstance(condition, Poly) or not isinstance(value, Poly):
        return value == 0 or condition == 1
    return len(condition.terms) == 1 and all(
        all(atom in monomial for atom in its) for its in condition.terms for monomial in value.terms
    )


def _times(fact: Value, value: Value) -> set[int]:
    """How many times a value may hold another: by each product that both have."""
    has = _terms(value)
    return {has[of] // n for of, n in _terms(fact).items() if of and has.get(of, 0) // n > 0}


@dataclass
class Known:
    """What is known of names.

    ``values`` are those of arguments; ``loops`` the first and last value of loops' variables, the
    innermost last; ``counts`` are names that are never negative, and ``facts`` other values that
    aren't. ``followed``: turns of a loop were followed one by one, by the values of arguments.
    """

    values: Mapping[str, int]
    loops: dict[str, tuple[Value, Value]]
    counts: set[str]
    facts: list[Value] = field(default_factory=list)
    followed: bool = False

    def evaluated(self, value: Value) -> Value:
        """With the values of arguments."""
        for key, number in self.values.items():
            value = replaced(value, key, number)
        return value

    def at_most(self, a: Value, b: Value) -> bool:
        """Whether a <= b for certain: by the text alone, or by the arguments' values."""
        rest = b - a
        for key, (first, last) in reversed(self.loops.items()):
            rest = self._least(rest, key, first, last)
        without = (rest - n * fact for fact in self.facts for n in _times(fact, rest))
        for found in (rest, self.evaluated(rest), *without):
            least = self.least(found)
            if least is not None and least >= 0:
                return True
        return False

    def _least(self, value: Value, key: str, first: Value, last: Value) -> Value:
        """The value where a loop's variable, which it is linear in, makes it least."""
        if not isinstance(value, Poly) or not value.has(key) or not value.linear(key):
            return value
        slope = replaced(value, key, 1) - replaced(value, key, 0)
        rising = self.least(slope)
        return replaced(value, key, first if rising is not None and rising >= 0 else last)

    def least(self, value: Value) -> int | None:
        return self.range(value)[0]

    def range(self, value: Value) -> tuple[int | None, int | None]:
        if isinstance(value, int):
            return value, value
        low: int | None = 0
        high: int | None = 0
        for monomial, n in value.terms.items():
            a: int | None = 1
            b: int | None = 1
            for atom in monomial:
                c, d = self._of(atom)
                if a is None or c is None or a < 0 or c < 0:
                    a, b = (None, None)
                    continue
                a, b = a * c, (None if b is None or d is None else b * d)
            one = None if a is None else a * n
            other = None if b is None else b * n
            least, most = (one, other) if n > 0 else (other, one)
            low = None if low is None or least is None else low + least
            high = None if high is None or most is None else high + most
        return low, high

    def _of(self, atom: Atom) -> tuple[int | None, int | None]:
        if not atom.arguments:
            if atom.name in self.loops:
                first, last = self.loops[atom.name]
                return self.range(first)[0], self.range(last)[1]
            return (0 if atom.name in self.counts else None), None
        if atom.name in ("<", "=="):
            return 0, 1
        if atom.name in ("turns", "sum"):
            return 0, None
        if atom.name == "floor_div" and isinstance(atom.arguments[1], int):
            low, high = self.range(atom.arguments[0])
            divisor = atom.arguments[1]
            if divisor > 0:
                return (None if low is None else low // divisor), (
                    None if high is None else high // divisor
                )
        if atom.name in "/%" and isinstance(atom.arguments[1], int) and atom.arguments[1] > 0:
            divisor = atom.arguments[1]
            low, high = self.range(atom.arguments[0])
            if low is not None and low >= 0:
                if atom.name == "/":
                    return low // divisor, None if high is None else high // divisor
                return 0, divisor - 1 if high is None else min(high, divisor - 1)
        return None, None
