"""The command line, with the local stack it starts."""
