"""The processes: one folder each, and none imports another."""
