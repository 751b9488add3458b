"""The vault in a folder: durable, private, and loud about damage. What any vault promises is in test_vault.py."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from privacy.keys.vault import EpochDestroyed, FolderVault, VaultMismatch, VaultUnavailable


@pytest.fixture
def vault(tmp_path: Path) -> FolderVault:
    return FolderVault(tmp_path / "vault", cache_seconds=60)


def reopened(vault: FolderVault) -> FolderVault:
    return FolderVault(vault.root, cache_seconds=60)


def test_files_are_private(vault: FolderVault) -> None:
    vault.create("sg", 1)
    vault.signing_key()
    vault.mark_in_use("sg", 1)
    vault.destroy("sg", 1)
    for path in [vault.root, *vault.root.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_destruction_leaves_no_key(vault: FolderVault) -> None:
    vault.create("sg", 1)
    key = (vault.root / "sg" / "epoch-1.key").read_bytes()[5:37]
    assert vault.destroy("sg", 1)["erasure"] == "logical"
    assert not any(key in path.read_bytes() for path in vault.root.rglob("*") if path.is_file())
    with pytest.raises(EpochDestroyed):
        reopened(vault).unwrap("sg", 1, b"\x01" + b"0" * 60, b"")


def test_a_missing_key_is_a_mismatch_not_an_erasure(vault: FolderVault) -> None:
    vault.create("sg", 1)
    (vault.root / "sg" / "epoch-1.key").unlink()
    with pytest.raises(VaultMismatch):
        reopened(vault).wrap("sg", 1, b"k", b"")
    with pytest.raises(VaultMismatch):
        reopened(vault).destroy("sg", 1)
    with pytest.raises(VaultMismatch):
        reopened(vault).unwrap("sg", 7, b"", b"")


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "misplace"])
def test_a_damaged_or_misplaced_key_file_is_noticed(vault: FolderVault, damage: str) -> None:
    vault.create("sg", 1)
    path = vault.root / "sg" / "epoch-1.key"
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        path.write_bytes(content[:-3])
    elif damage == "flip":
        content[12] ^= 1
        path.write_bytes(content)
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        vault.create("sg", 2)
        (vault.root / "sg" / "epoch-2.key").write_bytes(content)
    with pytest.raises(VaultUnavailable):
        reopened(vault).wrap("sg", 2 if damage == "misplace" else 1, b"k", b"")


def test_a_destruction_that_crashed_is_finished(vault: FolderVault) -> None:
    vault.create("sg", 1)
    ledger = vault.root / "sg" / "destroyed.jsonl"
    ledger.write_text(json.dumps({"epoch": 1, "intended_at": "2026-01-01T00:00:00+00:00"}) + '\n{"epo')
    with pytest.raises(EpochDestroyed):
        reopened(vault).wrap("sg", 1, b"k", b"")
    assert "destroyed_at" in reopened(vault).destroy("sg", 1)
    assert vault.epochs("sg") == []
    assert "destroyed_at" in reopened(vault).receipts("sg")[1]


def test_leftovers_of_a_crashed_creation_are_destroyed(vault: FolderVault) -> None:
    vault.create("sg", 1)
    leftover = vault.root / "sg" / ".new-epoch-2.key-abcd"
    leftover.write_bytes(b"PSEK1" + b"k" * 64)
    vault.create("sg", 2)
    assert not leftover.exists()
    assert vault.epochs("sg") == [1, 2]


def test_a_lost_fingerprint_is_not_made_anew(vault: FolderVault) -> None:
    vault.create("sg", 1)
    (vault.root / "sg" / "fingerprint").unlink()
    with pytest.raises(VaultMismatch):
        vault.create("sg", 2)


def test_a_vault_that_cannot_be_written_says_so(vault: FolderVault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.create("sg", 1)

    def full(*arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VaultUnavailable):
        vault.create("sg", 2)
    monkeypatch.undo()
    assert vault.epochs("sg") == [1]
    vault.create("sg", 2)
