"""What a person holds: an authenticator app, and its camera."""
