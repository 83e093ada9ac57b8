"""What is put around a target: its clock, its mail, its process."""
