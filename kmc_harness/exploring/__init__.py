"""Looking for departures that no scenario speaks of."""
