"""What every service is told, checks before its loop turns, shows while it does, sets aside, says when it must stop."""
