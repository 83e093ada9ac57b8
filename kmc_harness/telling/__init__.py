"""Scenarios without pytest, as they stand and in contexts, and the probes of a target before them."""
