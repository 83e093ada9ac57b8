"""What a target chose where the requirements leave it a choice, as a report holds it and as people read it."""

import msgspec

from kmc_model.sentences import duration_in_words

__all__ = ["Choice", "in_words", "title_of"]

Value = bool | int | str | None
NO_NUMBER = {"code_failures_max": "with passwords", "steps_ahead": "as many as behind"}
"""What it means that a number is not there; elsewhere: no end."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice.

    Attributes:
        name: the field of the model's policy.
        value: what the target was found to choose; nothing where it was not measured.
        reference: what the reference chooses.
        source: what leaves it open.
        unmeasured: why it was not measured, where it was not.

    """

    name: str
    value: Value
    reference: Value
    source: str
    unmeasured: str = ""

    @property
    def title(self) -> str:
        """What is chosen, in words."""
        return title_of(self.name)

    @property
    def here(self) -> str:
        """What the target chose, in words."""
        return "not measured" if self.unmeasured else in_words(self.name, self.value)

    @property
    def there(self) -> str:
        """What the reference chooses, in words."""
        return in_words(self.name, self.reference)

    @property
    def is_other(self) -> bool:
        """Whether the target was found to choose otherwise than the reference."""
        return not self.unmeasured and self.value != self.reference


def title_of(name: str) -> str:
    """Return the name of a choice in words."""
    return name.removesuffix("_s").replace("_", " ").replace("ttl", "lifetime")


def in_words(name: str, value: Value) -> str:
    """Return what is chosen in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return NO_NUMBER.get(name, "no end")
    return duration_in_words(value) if name.endswith("_s") and isinstance(value, int) else str(value)
