"""A signed bundle is its owner's, whole, and the one that was signed; anything else is refused before it is parsed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from models.bundle import BundleRefused, Sealed, load_bundle, read_bundle
from models.manifest import CALIBRATOR, NAME, SIGNATURE, sha256
from models.manifest import sealed as sealed_bytes
from models.safety.keys import KeyUnusable, check_signed, signature_by
from models.verify import verify
from tests.models.bundles import make_bundle, resealed

KeyPair = tuple[Path, Path]


def key_pair(folder: Path, name: str, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> KeyPair:
    """The files of a private key and its public half."""
    secret, public = folder / f"{name}.pem", folder / f"{name}.pub"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    public.write_bytes(private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return secret, public


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    """The key pair of the bundle's owner."""
    return key_pair(tmp_path_factory.mktemp("keys"), "owner", ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def signed(copied: Path, owner: KeyPair) -> Path:
    """A sound bundle, signed."""
    (copied / SIGNATURE).write_bytes(signature_by(owner[0], read_bundle(copied)))
    return copied


def test_a_signed_bundle_is_accepted_and_keeps_its_digest(sound: Path, signed: Path, owner: KeyPair) -> None:
    """The signature is beside the bundle, not of it."""
    bundle, _ = verify(signed, key=owner[1])
    assert bundle.digest == load_bundle(sound).digest
    assert verify(signed)[0].digest == bundle.digest


def test_the_signature_names_every_file_and_the_stock_tool_accepts_it(signed: Path, owner: KeyPair) -> None:
    """What OpenSSF's own command line checks is what we sign: nobody needs driftline to check a bundle."""
    words = [sys.executable, "-m", "model_signing", "verify", "key", str(signed)]
    more = ["--signature", str(signed / SIGNATURE), "--public_key", str(owner[1])]
    done = subprocess.run([*words, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (signed / "golden.jsonl").write_bytes(b"")
    again = subprocess.run([*words, *more], capture_output=True, text=True, check=False)
    assert again.returncode != 0
    assert "golden.jsonl" in again.stdout + again.stderr


def test_a_signature_made_by_the_stock_tool_is_accepted(copied: Path, owner: KeyPair) -> None:
    """And one of its that leaves a file out is not."""
    words = [sys.executable, "-m", "model_signing", "sign", "key", str(copied), "--private_key", str(owner[0])]
    words += ["--signature", str(copied / SIGNATURE)]
    subprocess.run(words, capture_output=True, check=True)
    check_signed(read_bundle(copied), owner[1])
    (copied / SIGNATURE).unlink()
    subprocess.run([*words, "--ignore-paths", str(copied / "model.onnx")], capture_output=True, check=True)
    with pytest.raises(BundleRefused, match=r"found a signature of other bytes for model\.onnx, expected"):
        check_signed(read_bundle(copied), owner[1])


def test_a_signature_of_more_files_is_refused(signed: Path, owner: KeyPair) -> None:
    """Such as one of a calibrator that somebody took away, manifest and all."""
    sealed = read_bundle(signed)
    fewer = sealed.manifest.model_copy(
        update={"files": {name: file for name, file in sealed.manifest.files.items() if name != CALIBRATOR}}
    )
    (signed / CALIBRATOR).unlink()
    (signed / NAME).write_bytes(sealed_bytes(fewer))
    with pytest.raises(BundleRefused, match=r"found a signature of other bytes for manifest\.json, expected"):
        verify(signed, key=owner[1])


def test_an_unsigned_bundle_is_refused_where_a_key_is_asked_for(copied: Path, owner: KeyPair) -> None:
    """With the command that signs it."""
    with pytest.raises(BundleRefused, match=r"manifest\.sig: found no signature, expected one by .*model sign"):
        verify(copied, key=owner[1])


def test_another_key_is_refused(signed: Path, tmp_path: Path) -> None:
    """A good signature of somebody else is none."""
    _, public = key_pair(tmp_path, "other", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(BundleRefused, match=r"found Key mismatch: .* expected this bundle signed by .*other\.pub"):
        verify(signed, key=public)


def test_a_bit_flipped_in_a_file_is_refused_though_the_manifest_was_made_to_fit(signed: Path, owner: KeyPair) -> None:
    """The seal stops damage, the signature a forger."""
    data = bytearray((signed / "model.onnx").read_bytes())
    data[-1] ^= 1
    resealed(signed, {"model.onnx": bytes(data)})
    with pytest.raises(BundleRefused, match=r"signature of other bytes for manifest\.json, model\.onnx, exp"):
        verify(signed, key=owner[1])


def test_no_bit_of_what_was_signed_can_change(signed: Path, owner: KeyPair) -> None:
    """Nor of the signature itself."""
    envelope = json.loads((signed / SIGNATURE).read_text(encoding="utf-8"))
    payload = envelope["dsseEnvelope"]["payload"]
    envelope["dsseEnvelope"]["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    (signed / SIGNATURE).write_text(json.dumps(envelope), encoding="utf-8")
    with pytest.raises(BundleRefused, match="found a signature that does not fit what it signs"):
        verify(signed, key=owner[1])


@pytest.mark.parametrize("text", [b"", b"no JSON", b"{}", b"[]", b"\xff", b'{"verificationMaterial": {}}'])
def test_what_is_no_signature_is_refused(signed: Path, owner: KeyPair, text: bytes) -> None:
    """Whatever it is instead."""
    (signed / SIGNATURE).write_bytes(text)
    with pytest.raises(BundleRefused, match=r"manifest\.sig: found .+, expected this bundle signed by"):
        verify(signed, key=owner[1])


def test_an_extra_file_is_refused(signed: Path, owner: KeyPair) -> None:
    """Signed or not, a bundle holds what its manifest lists."""
    (signed / "extra.bin").write_bytes(b"x")
    with pytest.raises(BundleRefused, match=r"found extra\.bin, expected only what the manifest lists"):
        verify(signed, key=owner[1])


def test_the_signature_of_another_version_is_refused(signed: Path, owner: KeyPair, tmp_path: Path) -> None:
    """Copied in from a bundle that the same owner signed."""
    make_bundle(tmp_path / "newer", version="2")
    shutil.copy(signed / SIGNATURE, tmp_path / "newer" / SIGNATURE)
    with pytest.raises(BundleRefused, match=r"found a signature of other bytes for contract.*manifest"):
        verify(tmp_path / "newer", key=owner[1])


def test_an_older_version_with_its_own_good_signature_is_refused_by_the_pin(
    signed: Path, owner: KeyPair, tmp_path: Path
) -> None:
    """Which is the one thing that tells a rollback by a stranger from the owner's own."""
    newer = make_bundle(tmp_path / "newer", version="2")
    old = verify(signed, key=owner[1])[0].digest
    with pytest.raises(BundleRefused, match=f"found the bundle {old}, expected {newer.digest}; restore that one"):
        verify(signed, key=owner[1], digest=newer.digest)
    assert verify(signed, digest=old)[0].digest == old


def test_what_is_swapped_on_disk_after_the_check_is_not_what_is_used(
    signed: Path, owner: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes that were checked are the bytes that are loaded, whatever lies there by then."""
    expected = (signed / "model.onnx").read_bytes()

    def swapping(sealed: Sealed, key: Path) -> None:
        for name in sealed.digests:
            (signed / name).write_bytes(b"swapped")
        check_signed(sealed, key)

    monkeypatch.setattr("models.verify.check_signed", swapping)
    bundle, session = verify(signed, key=owner[1])
    assert sha256(bundle.onnx) == sha256(expected)
    assert session.score(bundle.golden.matrix) == pytest.approx(bundle.golden.scores)


def test_a_signature_is_checked_before_anything_is_parsed(signed: Path, owner: KeyPair) -> None:
    """A contract of YAML that nobody signed is never read."""
    resealed(signed, {"contract.yaml": b"[" * 1000})
    with pytest.raises(BundleRefused, match="found a signature of other bytes for contract"):
        verify(signed, key=owner[1])
    with pytest.raises(BundleRefused, match=r"contract\.yaml: "):
        verify(signed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "found No such file or directory, expected a PEM file with an elliptic-curve key"),
        (b"", "found .*PEM"),
        (b"\x00\x01", "found .*PEM"),
    ],
)
def test_a_key_that_is_none_is_named(signed: Path, tmp_path: Path, content: bytes | None, said: str) -> None:
    """To sign as to check."""
    key = tmp_path / "key.pem"
    if content is not None:
        key.write_bytes(content)
    for use in (signature_by, lambda key, sealed: check_signed(sealed, key)):
        with pytest.raises(KeyUnusable, match=f"key.pem: {said}"):
            use(key, read_bundle(signed))


def test_a_key_of_another_kind_is_refused(signed: Path, tmp_path: Path, owner: KeyPair) -> None:
    """RSA, another curve, a password, the wrong half."""
    sealed = read_bundle(signed)
    secret, public = key_pair(tmp_path, "rsa", rsa.generate_private_key(65537, 2048))
    curve, _ = key_pair(tmp_path, "curve", ec.generate_private_key(ec.SECP256K1()))
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    for key in (secret, curve, locked, owner[1]):
        with pytest.raises(KeyUnusable, match=f"{key.name}: found .+, expected a PEM file with an elliptic-curve key"):
            signature_by(key, sealed)
    for key in (public, owner[0]):
        with pytest.raises(KeyUnusable, match=f"{key.name}: found .+, expected a PEM file with an elliptic-curve key"):
            check_signed(sealed, key)


def test_without_the_extra_a_key_is_refused_with_what_to_install(
    signed: Path, owner: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that cannot be used must not let anything pass."""
    monkeypatch.delitem(sys.modules, "models.safety.signing")
    monkeypatch.setitem(sys.modules, "model_signing", None)
    with pytest.raises(KeyUnusable, match=r"found no package model_signing, .*install driftline\[signing\]"):
        verify(signed, key=owner[1])
