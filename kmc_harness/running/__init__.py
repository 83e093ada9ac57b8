"""One run of the suite: probes, scenarios, journal, waivers; and what is done with one target."""
