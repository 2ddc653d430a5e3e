"""`driftline drift`: what the sidecar says of a model's last windows."""
