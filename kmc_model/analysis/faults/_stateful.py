"""A turn that remembers more than the reference does: extra state, as a defective implementation may have it."""

from collections.abc import Hashable

from kmc_model.records import State
from kmc_model.turn import Turn

__all__ = ["StateWithNotes", "Stateful"]


class StateWithNotes(State, frozen=True):
    """A state with notes beside it."""

    notes: frozenset[Hashable] = frozenset()


class Stateful(Turn):
    """A turn whose effects may leave notes for later turns."""

    @property
    def notes(self) -> frozenset[Hashable]:
        """What earlier turns have noted."""
        return self.state.notes if isinstance(self.state, StateWithNotes) else frozenset()

    def note(self, *what: Hashable) -> None:
        """Note `what` for later turns."""
        plain = {name: getattr(self.state, name) for name in State.__struct_fields__}
        self.state = StateWithNotes(**plain, notes=self.notes | {what})

    def has_noted(self, *what: Hashable) -> bool:
        """Whether an earlier turn has noted `what`."""
        return what in self.notes
