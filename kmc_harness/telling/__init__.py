"""Scenarios without pytest: one as it stands, or many in contexts."""
