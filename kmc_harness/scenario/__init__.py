"""One scenario in front of one target."""
