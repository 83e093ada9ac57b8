"""Step definitions: each parses a sentence and makes one call to the world."""
