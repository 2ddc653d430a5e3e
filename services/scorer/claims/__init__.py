"""Claims: which input position an event id belongs to, so that what a producer sent twice is scored once."""
