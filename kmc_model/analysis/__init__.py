"""What is derived from the model: faults, its state space, walks and test suites, populations of users."""
