"""Values: records that nobody changes, made by msgspec; a walk of the state space makes millions.

Secrets among their fields are kept out of their repr.
"""

from functools import cache
from typing import Annotated, TypeVar

import msgspec
from msgspec.structs import replace as changed

__all__ = ["Hidden", "Shown", "Value", "changed"]

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


class Shown:
    """Shows itself in Jupyter as `kmc_model.display` draws it, and elsewhere by its repr."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        from kmc_model.display import bundle

        return bundle(self)
