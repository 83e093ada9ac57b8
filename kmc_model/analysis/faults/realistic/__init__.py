"""Defects as real systems have had them, by subject."""

from kmc_model.analysis.faults._fault import Fault
from kmc_model.analysis.faults.realistic.accounts import ACCOUNTS
from kmc_model.analysis.faults.realistic.attacks import ATTACKS
from kmc_model.analysis.faults.realistic.codes import CODES
from kmc_model.analysis.faults.realistic.doors import DOORS
from kmc_model.analysis.faults.realistic.links import LINKS
from kmc_model.analysis.faults.realistic.mail import MAIL
from kmc_model.analysis.faults.realistic.narrow import NARROW
from kmc_model.analysis.faults.realistic.passwords import PASSWORDS
from kmc_model.analysis.faults.realistic.resets import RESETS

__all__ = ["REALISTIC"]

REALISTIC: tuple[Fault, ...] = (*CODES, *PASSWORDS, *LINKS, *MAIL, *ACCOUNTS, *ATTACKS, *RESETS, *NARROW, *DOORS)
