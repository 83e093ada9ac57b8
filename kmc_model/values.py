"""Values: records that nobody changes, made by msgspec; a walk of the state space makes millions.

Secrets among their fields are kept out of their repr.
"""

from functools import cache, singledispatch
from typing import Annotated, TypeVar

import msgspec
from msgspec.structs import replace as changed

__all__ = ["Hidden", "Shown", "Value", "bundle", "changed", "drawings"]

_T = TypeVar("_T")
_HIDDEN = msgspec.Meta(extra={"hidden": True})

Hidden = Annotated[_T, _HIDDEN]
"""A field that the repr leaves out: a secret, or what is made of one."""


class Value(msgspec.Struct, frozen=True):
    """A record that cannot be changed, and is hashed by its fields; `changed` returns a copy with other ones."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in _shown(type(self)))
        return f"{type(self).__name__}({', '.join(shown)})"


@cache
def _shown(kind: type[Value]) -> tuple[str, ...]:
    fields = msgspec.structs.fields(kind)
    return tuple(each.name for each in fields if _HIDDEN not in getattr(each.type, "__metadata__", ()))


@singledispatch
def drawings(thing: object, secrets: bool) -> dict[str, object]:
    """Return `thing` as Jupyter shows it beside its repr, by MIME type; with `secrets` nothing is shortened.

    Whoever can draw a type registers how: nothing here knows Jupyter.
    """
    return {}


def bundle(thing: object, *, secrets: bool = False) -> dict[str, object]:
    """Return `thing` by MIME type, as Jupyter wants it; with `secrets` nothing is shortened."""
    return {"text/plain": repr(thing), **drawings(thing, secrets)}


class Shown:
    """Shows itself in Jupyter as its drawing is registered, and elsewhere by its repr."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return bundle(self)
