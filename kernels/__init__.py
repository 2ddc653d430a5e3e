"""Loops over the rows of a batch, compiled; each has a twin in numpy where it is used, which says what is right."""
