"""What a closed window says: the words a judge is spoken to in, and answers in."""
