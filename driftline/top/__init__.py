"""`driftline top`: a running model on a terminal."""
