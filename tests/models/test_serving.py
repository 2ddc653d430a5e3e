"""Serving a bundle needs none of what building one needs."""

import subprocess
import sys

HEAVY = ("pyarrow", "sklearn", "scipy", "pandas", "rich")
STRANGERS = ("onnx", "model_signing", "sigstore", "OpenSSL")


def test_serving_imports_no_building_library() -> None:
    """A scorer's image holds neither scikit-learn nor pyarrow; what parses a stranger's file does so in a child."""
    script = (
        "import sys, models.bundle, models.session, models.decide, models.verify\n"
        f"print([name for name in {HEAVY + STRANGERS!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
