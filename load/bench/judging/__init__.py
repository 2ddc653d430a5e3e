"""Two revisions of the scorer side by side, with a rule for which is slower."""
