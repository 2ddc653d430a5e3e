"""Micro-benchmarks: each module compares two ways of doing one thing, side by side in the same minute."""
