"""`driftline console`: a running model in the browser, served on loopback to whoever sits at this machine."""
