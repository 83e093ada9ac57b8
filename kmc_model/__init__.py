"""The reference model of the KMC's two-factor login: a small table of rules, and what is derived from it."""
