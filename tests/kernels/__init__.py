"""Tests of the compiled kernels against their twins."""
