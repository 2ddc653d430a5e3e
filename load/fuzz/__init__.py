"""Fuzzing of everything that reads what strangers wrote: events, their schemas, records, contracts."""
