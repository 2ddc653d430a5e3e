"""What a closed window says: tests, families with their budget, a verdict; pure."""
