"""The meaning of models: contract, bundle, baseline, calibrator, verification, session."""
