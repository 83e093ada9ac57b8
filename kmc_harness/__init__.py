"""Judge a two-factor login by its documented behaviour: port, world, verdicts, reports and the `kmc` command."""

__version__ = "0.1.0"
