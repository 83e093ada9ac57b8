"""Defects as real systems have had them, by subject."""

from kmc_model.faults._fault import Fault
from kmc_model.faults.realistic.accounts import ACCOUNTS
from kmc_model.faults.realistic.attacks import ATTACKS
from kmc_model.faults.realistic.codes import CODES
from kmc_model.faults.realistic.links import LINKS
from kmc_model.faults.realistic.mail import MAIL
from kmc_model.faults.realistic.narrow import NARROW
from kmc_model.faults.realistic.passwords import PASSWORDS
from kmc_model.faults.realistic.resets import RESETS

__all__ = ["REALISTIC"]

REALISTIC: tuple[Fault, ...] = (*CODES, *PASSWORDS, *LINKS, *MAIL, *ACCOUNTS, *ATTACKS, *RESETS, *NARROW)
