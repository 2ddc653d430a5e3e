"""Why a model did not answer a row, as the codes that stand in a prediction's reasons."""

CAUSES = (
    "",
    "model_error",
    "model_timeout",
    "model_output",
    "breaker_open",
    "bundle_missing",
    "overload",
)
"""A row's cause is an index into this, 0 for a row that the model answered."""

MODEL_ERROR, MODEL_TIMEOUT, MODEL_OUTPUT, BREAKER_OPEN, BUNDLE_MISSING, OVERLOAD = range(1, len(CAUSES))
