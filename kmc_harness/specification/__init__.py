"""Features, steps and catalogue, read from their files."""
