"""Movement: the transactional loop, dead letters, ledger, clients; it knows no message by name."""
