"""Others who do what our services do, written as one would write them without us."""
