"""The `kmc` command: the only place that knows the terminal, but for the progress bar."""
