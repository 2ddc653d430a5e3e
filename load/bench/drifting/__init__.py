"""Worlds with a model in them, seen through windows: what the judge is measured on."""
