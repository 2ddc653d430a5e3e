"""Events at a pace: who sends them, who listens, how old they are by then, what a whole system takes of it."""
