"""Who answers: the model within its deadline, else its fallback, else the prior, else nobody; always marked."""
