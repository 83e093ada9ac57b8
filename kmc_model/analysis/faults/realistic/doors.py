"""Answers that open a session by themselves, though nobody has typed a code."""

from kmc_model.actions import ChangePassword, ConfirmPassword, LogIn, OpenEnrolmentLink
from kmc_model.analysis.faults._fault import Fault, row_of
from kmc_model.analysis.faults.realistic._making import RESET, fault, with_effect
from kmc_model.records import Session
from kmc_model.turn import Turn

__all__ = ["DOORS"]


def _open_session(turn: Turn) -> None:
    first = next(turn.memberships(), None)
    if first:
        turn.opened = Session(turn.token(turn.new_serial(), link=None), turn.email, first.account)
        turn.put_session(turn.opened)


def _open_session_elsewhere(turn: Turn) -> None:
    """Open one in an account that demands a code."""
    there = [each for each in turn.memberships() if turn.state.accounts[each.account].two_factor]
    if there:
        turn.opened = Session(turn.token(turn.new_serial(), link=None), turn.email, there[0].account)
        turn.put_session(turn.opened)


DOORS: tuple[Fault, ...] = (
    *(
        fault(name, sentence, "ENA-007", rules=with_effect(at, _open_session))
        for name, sentence, at in (
            ("reset logs in", "Whoever sets a new password by a mailed link is logged in.", RESET),
            ("OK logs in", "OK, after a new password, logs in.", row_of(ConfirmPassword, "always")),
            ("link logs in", "The mailed link to the QR code logs in.", row_of(OpenEnrolmentLink, "always")),
            ("expired link logs in", "A link that comes too late logs in.", row_of(OpenEnrolmentLink, "link_expired")),
            ("wrong code logs in", "The refusal of a code has a session that is good.", row_of(LogIn, "code_wrong")),
        )
    ),
    fault(
        "change logs in elsewhere",
        "A new password, set in a session, opens another one in an account that demands a code.",
        "ENA-007",
        rules=with_effect(row_of(ChangePassword, "always"), _open_session_elsewhere),
    ),
)
