"""New York's flights of 2013: the demo's data, model and replayer."""
