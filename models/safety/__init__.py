"""Whether a bundle that somebody else made may be used: linted, tried in a child process, signed."""
