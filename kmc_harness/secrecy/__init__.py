"""What must not be told, and what can be told from what was."""
