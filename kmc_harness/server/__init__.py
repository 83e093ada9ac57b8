"""The reference model as a web site: the KMC's screens, API v3, and a lab to play in."""
