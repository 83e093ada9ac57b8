"""Values: dataclasses that nobody changes. The type checker holds that, not the interpreter.

A frozen dataclass takes several times as long to make, and a walk of the state space makes millions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

__all__ = ["Shown", "changed", "value"]

_V = TypeVar("_V")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(kind: type[_V]) -> type[_V]:
    """Make a class a value: it has slots, is compared and hashed by its fields, and is frozen for the type checker."""
    return dataclass(slots=True, unsafe_hash=True, repr=kind.__repr__ is object.__repr__)(kind)


def changed(of: _V, **changes: Any) -> _V:
    """Return a copy of `of` with some fields changed; as dataclasses.replace, in a third of its time."""
    kind: Any = type(of)
    made: _V = kind(*_fields_of(kind)(of))
    for name, new in changes.items():
        setattr(made, name, new)
    return made


@cache
def _fields_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(each.name for each in fields(kind)))


class Shown:
    """Shows itself in Jupyter as `kmc_model.display` draws it, and elsewhere by its repr."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        from kmc_model.display import bundle

        return bundle(self)
