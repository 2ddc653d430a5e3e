"""A scorer process never says what is in its files of secrets."""

import os
import subprocess
import sys
from pathlib import Path

from tests.models.bundles import make_bundle

CANARY = "hunter2-canary"


def start(path: Path, **settings: object) -> "subprocess.CompletedProcess[str]":
    """Run a scorer whose settings are at fault; what it said comes back."""
    make_bundle(path / "bundle")
    said = {"BROKERS": "127.0.0.1:1", "BUNDLE": path / "bundle", "ADMIN_PORT": 0, "LOG_LEVEL": "debug", **settings}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCORER_")}
    return subprocess.run(
        [sys.executable, "-m", "services.scorer"],
        env=clean | {f"SCORER_{name}": str(value) for name, value in said.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_refused_kafka_property_shows_no_value(tmp_path: Path) -> None:
    """Exit code 2, one message with the property's name, not a traceback; the password beside it stays unsaid."""
    file = tmp_path / "kafka.properties"
    file.write_text(f"sasl.password={CANARY}\nsecurity.protocol={CANARY}2\n")
    ran = start(tmp_path, KAFKA_CONFIG=file, SCHEMAS=tmp_path / "schemas")
    assert ran.returncode == 2
    assert 'Invalid value "***" for configuration property "security.protocol"' in ran.stderr
    assert CANARY not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
