"""How a model shows itself in Jupyter: the only place that knows of it."""
