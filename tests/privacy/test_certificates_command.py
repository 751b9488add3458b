"""`manage.py certificates`: an auditor's own check, offline; a list, exports and the head."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from privacy.certificates import envelope, published
from privacy.certificates.check import check
from privacy.certificates.models import Certificate
from privacy.keys import signing

Chain = list[Certificate]


class TestTheCommand:
    @pytest.fixture
    def file(self, chain: Chain, tmp_path: Path) -> Path:
        path = tmp_path / "certificate.json"
        path.write_bytes(published.envelope(chain[1]).write())
        return path

    def run(self, *arguments: str) -> tuple[str, int]:
        out = io.StringIO()
        try:
            call_command("certificates", *arguments, stdout=out)
        except SystemExit as end:
            return out.getvalue(), int(str(end.code))
        return out.getvalue(), 0

    def test_says_genuine_by_the_key_or_by_the_head(self, file: Path) -> None:
        head = json.dumps(published.published().as_dict())
        for given_ in (["--key", signing.public_key()], ["--head", head]):
            told, code = self.run("verify", str(file), *given_)
            assert code == 0, told
            assert "Certificate 2 is genuine." in told
        told, code = self.run("verify", str(file), "--head", head, "--json")
        assert json.loads(told)["genuine"] is True
        assert {one["state"] for one in json.loads(told)["checks"]} == {"passed", "open"}

    def test_says_what_is_wrong_and_fails(self, file: Path) -> None:
        file.write_text(file.read_text().replace('\\"keys\\":1', '\\"keys\\":9'))
        told, code = self.run("verify", str(file), "--key", signing.public_key())
        assert code == 1
        assert "WRONG  digest: The digest is not that of the text" in told
        assert "NOT GENUINE" in told
        assert self.run("verify", str(file), "--key", signing.public_key(), "--json")[1] == 1

    def test_without_a_key_it_proves_nothing(self, file: Path) -> None:
        told, code = self.run("verify", str(file))
        assert code == 1
        assert "whose key signed it was not checked" in told

    def test_says_so_when_it_gets_no_file_or_key(self, file: Path, tmp_path: Path) -> None:
        (tmp_path / "other.json").write_bytes(b"[]")
        for arguments in (
            ["verify", str(tmp_path / "none.json")],
            ["verify", str(tmp_path / "other.json")],
            ["verify", str(file), "--key", "nonsense"],
            ["verify", str(file), "--head", "{}"],
            ["verify", str(file), "--head", str(tmp_path / "none.json")],
            ["export", "--number", "99"],
        ):
            with pytest.raises(CommandError):
                self.run(*arguments)

    def test_lists_exports_and_prints_the_head(self, file: Path, chain: Chain, account: UUID) -> None:
        found = json.loads(self.run("list", "--account", str(account), "--json")[0])["certificates"]
        assert [one["number"] for one in found] == [3, 2, 1]
        assert len(self.run("list", "--most", "1")[0].splitlines()) == 1
        assert (
            envelope.read(self.run("export", "--number", "2")[0].encode()).certificate.body == chain[1].body
        )
        lines = self.run("export")[0].splitlines()
        head = self.run("head", "--since", "2", "--includes", "1")[0]
        told = envelope.read_published(head.encode())
        for line, row in zip(lines, chain, strict=True):
            read = envelope.read(line.encode())
            assert read.certificate.body == row.body
            assert check(read, published=told).genuine

    def test_needs_no_database_vault_or_network(self, file: Path, tmp_path: Path) -> None:
        """On a machine that has the code and the file alone: everything else points nowhere."""
        nowhere = dict.fromkeys(
            ["DATABASE_URL", *[f"DATABASE_URL_{alias.upper()}" for alias in settings.TRAFFIC_ALIASES]],
            f"postgresql:///nothing?host={tmp_path}&user=nobody",
        )
        environment = {
            "PATH": os.environ["PATH"],
            "PAASOO_ENV": "test",
            "PAASOO_VAR": str(tmp_path / "var"),
            "KEY_VAULT_URL": f"file://{tmp_path}/no-vault",
            "REDIS_URL": f"unix://{tmp_path}/no-socket",
            **nowhere,
        }
        command = [
            sys.executable,
            "manage.py",
            "certificates",
            "verify",
            str(file),
            "--key",
            signing.public_key(),
        ]
        ran = subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert "is genuine" in ran.stdout
        assert not (tmp_path / "no-vault").exists()
        assert not (tmp_path / "var").exists()


class TestTheWrittenWay:
    """docs/auditors.md has the whole check for who does not trust our code: it is run as it stands there."""

    def run(self, file: Path, tmp_path: Path, key: str) -> subprocess.CompletedProcess[str]:
        text = (Path(settings.BASE_DIR) / "docs/auditors.md").read_text(encoding="utf-8")
        script = tmp_path / "check.py"
        script.write_text(text.split("```python\n")[1].split("```")[0], encoding="utf-8")
        command = [sys.executable, str(script), str(file), key]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_finds_a_genuine_file_genuine_and_no_other(self, chain: Chain, tmp_path: Path) -> None:
        file = tmp_path / "certificate.json"
        for row in chain:
            content = published.envelope(row).write().decode()
            file.write_text(content)
            assert (
                f"Certificate {row.number} is genuine."
                in self.run(file, tmp_path, signing.public_key()).stdout
            )
        assert self.run(file, tmp_path, "ab" * 32).returncode
        for old, new in (
            ('\\"keys\\":1', '\\"keys\\":9'),
            ('"number": 3', '"number": 2'),
            ('"path": [', '"path": ["' + "0" * 64 + '",'),
        ):
            assert old in content
            file.write_text(content.replace(old, new))
            assert self.run(file, tmp_path, signing.public_key()).returncode
