"""`driftline report`: one page of what a model's topics say of a run."""
