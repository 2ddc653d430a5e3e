"""`driftline alerts`: what is wrong with a model now, what was, and what to do about it."""
