"""The tests, in the same tree again."""
