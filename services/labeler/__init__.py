"""Reads predictions and their late labels, writes one current outcome of each, holds those that wait in Redis."""
