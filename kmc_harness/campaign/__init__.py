"""Campaigns: many runs at once, to prove the suite by faults and to find departures that no scenario speaks of."""
