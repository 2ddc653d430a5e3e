"""What the findings of a closed window come to: families with their budget, a cause, a report; pure."""
