"""The demo's companies, people, invitation and API keys: made once, found again, given new secrets when lost.

Secrets are stored hashed, so they live in the demo's own file (mode 0600) and nowhere else.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt, encrypt
from django.contrib.auth.models import Group
from django.db import transaction

from accounts import staff_roles
from accounts.api_keys.scopes import KeyScope
from accounts.api_keys.services import create_api_key, revoke_api_key
from accounts.duty import services as duty
from accounts.models import Account, ApiKey, Membership, Person, Role
from accounts.teams.invitations import create_invitation
from accounts.teams.services import add_member, open_account
from messaging.demo import texts
from messaging.demo.traffic import ASIA, EUROPE, IRELAND, Stream
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import person_scope, scope

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Someone:
    email: str
    name: str
    role: str = ""
    superuser: bool = False


@dataclass(frozen=True)
class Company:
    """`days` are its instructions for content and numbers, None for the published defaults."""

    name: str
    region: str
    sender: str
    administrator: Someone
    members: tuple[Someone, ...]
    invited: str
    streams: tuple[Stream, ...]
    days: tuple[int, int] | None = None


@dataclass(frozen=True)
class Made:
    """A company that exists, with the API key id of each of its regions."""

    company: Company
    account_id: UUID
    key_ids: dict[str, UUID]


HARBOURLINE: Final = Company(
    name="Harbourline Logistics",
    region="sg",
    sender="Harbourline",
    administrator=Someone("maya.tan@harbourline.example", "Maya Tan"),
    members=(
        Someone("jonas.weber@harbourline.example", "Jonas Weber", Role.DEVELOPER),
        Someone("aoife.byrne@harbourline.example", "Aoife Byrne", Role.SUPPORT),
        Someone("bram.boekel@harbourline.example", "Bram Boekel", Role.BILLING),
        Someone("vida.novak@harbourline.example", "Vida Novak", Role.VIEWER),
    ),
    invited="noor.haddad@harbourline.example",
    streams=(
        Stream("sg", ASIA, texts.LOGISTICS, ("Harbourline", "HLpickup"), "447700900810", 186),
        Stream("ie", EUROPE, texts.LOGISTICS, ("Harbourline", "HLpickup"), "447700900811", 132),
    ),
)
TIDEWATER: Final = Company(
    name="Tidewater Dental",
    region="ie",
    sender="Tidewater",
    administrator=Someone("sean.walsh@tidewater.example", "Seán Walsh"),
    members=(),
    invited="",
    streams=(Stream("ie", IRELAND, texts.CLINIC, ("Tidewater",), "353209100042", 27),),
    days=(7, 30),
)
COMPANIES: Final = (HARBOURLINE, TIDEWATER)
STAFF: Final = (
    Someone("root@paasoo.example", "Robin Root", "superuser", superuser=True),
    Someone("sam.staff@paasoo.example", "Sam Staff", staff_roles.SUPPORT),
    Someone("petra.privacy@paasoo.example", "Petra Privacy", staff_roles.OFFICER),
    Someone("finn.finance@paasoo.example", "Finn Finance", staff_roles.FINANCE),
    Someone("olga.operator@paasoo.example", "Olga Operator", staff_roles.OPERATOR),
)


class Secrets:
    """The demo's file: passwords by email, API secrets by key. Until the demo is complete it is a draft."""

    def __init__(self, path: Path) -> None:
        self.path, self.draft = path, path.with_suffix(".draft.json")
        self.passwords: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.factors: dict[str, str] = {}
        for known in (self.path, self.draft):
            self._read(known)

    def _read(self, path: Path) -> None:
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            self.passwords |= {user["email"]: user["password"] for user in held["users"] + held["staff"]}
            self.factors |= {
                user["email"]: user["totp_secret"]
                for user in held["users"] + held["staff"]
                if user.get("totp_secret")
            }
            self.keys |= {entry["key"]: entry["secret"] for entry in held["api"]}
        except (OSError, ValueError, KeyError):
            return

    def write(self, content: dict[str, Any], *, complete: bool) -> None:
        """Replace the file as a whole; nobody else may read it at any moment."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.draft.unlink(missing_ok=True)
        handle = os.open(self.draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        if complete:
            self.draft.replace(self.path)


def person(someone: Someone, held: Secrets) -> Person:
    """The person, with a verified address and a password that the file knows."""
    with transaction.atomic():
        found = Person.objects.filter(email__iexact=someone.email).first()
        password = held.passwords.get(someone.email)
        if found is None or password is None:
            password = "".join(secrets.choice(_LETTERS) for _ in range(14))
        if found is None:
            staff = someone.superuser or someone.role in staff_roles.ROLES
            found = Person.objects.create_user(
                someone.email, password, name=someone.name, is_staff=staff, is_superuser=someone.superuser
            )
        elif someone.email not in held.passwords:
            found.set_password(password)
            found.save(update_fields=["password"])
        EmailAddress.objects.get_or_create(
            user=found, email=someone.email, defaults={"verified": True, "primary": True}
        )
    held.passwords[someone.email] = password
    if found.is_staff or not someone.role:
        _enrol(found, held)
    return found


def _enrol(found: Person, held: Secrets) -> None:
    """An authenticator app whose secret the file knows."""
    secret = held.factors.setdefault(found.email, generate_totp_secret())
    known = Authenticator.objects.filter(user=found, type=Authenticator.Type.TOTP).first()
    if known is None:
        TOTP.activate(found, secret)
    elif decrypt(known.data["secret"]) != secret:
        known.data = {"secret": encrypt(secret)}
        known.save(update_fields=["data"])


def staff(held: Secrets) -> None:
    """The staff, one of each role; and one for the day when no role is enough."""
    for someone in STAFF:
        found = person(someone, held)
        duty.accept(found.pk)
        if not someone.superuser:
            found.groups.set(Group.objects.filter(name=someone.role))


def make(company: Company, held: Secrets) -> Made:
    """The company with all who belong to it, made or found."""
    boss = person(company.administrator, held)
    account = _account(company, boss)
    for someone in company.members:
        member = person(someone, held)
        if not _belongs(member, account.pk):
            add_member(account_id=account.pk, person_id=member.pk, role=someone.role, added_by_id=boss.pk)
    keys = {stream.region: _key(account, stream.region, boss, held) for stream in company.streams}
    return Made(company, account.pk, keys)


def invite(made: Made) -> None:
    """The pending invitation, as of the clock; one that has run out is sent anew."""
    from accounts.models import Invitation

    if not made.company.invited:
        return
    now = clock.now()
    waiting = Invitation.objects.filter(
        account_id=made.account_id, accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    if not waiting.exists():
        boss = Person.objects.get(email__iexact=made.company.administrator.email)
        with clock.travel(to=now - timedelta(hours=20)):
            create_invitation(
                account_id=made.account_id,
                email=made.company.invited,
                role=Role.BILLING,
                invited_by_id=boss.pk,
            )


def describe(made: list[Made], held: Secrets, portal_url: str, numbers: dict[str, str]) -> dict[str, Any]:
    """What `demo --json` prints."""
    return {
        "portal_url": portal_url,
        "users": [
            {
                "email": someone.email,
                "password": held.passwords[someone.email],
                "role": someone.role or str(Role.ADMINISTRATOR),
                "account": one.company.name,
                "totp_secret": held.factors.get(someone.email),
            }
            for one in made
            for someone in (one.company.administrator, *one.company.members)
        ],
        "staff": [
            {
                "email": someone.email,
                "password": held.passwords[someone.email],
                "role": someone.role,
                "totp_secret": held.factors.get(someone.email),
            }
            for someone in STAFF
        ],
        "api": [
            {"account": one.company.name, "key": key, "secret": held.keys[key], "region": region}
            for one in made
            for region, key in _key_names(one).items()
        ],
        "numbers": numbers,
    }


def _account(company: Company, boss: Person) -> Account:
    with person_scope(boss.pk):
        seats = list(Membership.objects.values_list("account_id", flat=True))
    found = Account.objects.filter(pk__in=seats, name=company.name).first()
    return found or open_account(
        person=boss, name=company.name, region=company.region, default_sender=company.sender
    )


def _belongs(member: Person, account_id: UUID) -> bool:
    with person_scope(member.pk):
        return Membership.objects.filter(account_id=account_id).exists()


def _key(account: Account, region: str, boss: Person, held: Secrets) -> UUID:
    """The working key of a region whose secret the file knows; one whose secret is lost is revoked."""
    name = f"Production ({region})"
    with scope(account.pk):
        working = list(ApiKey.objects.filter(name=name, revoked_at=None).order_by("created_at"))
    for key in working:
        if key.key in held.keys:
            return key.pk
        revoke_api_key(account_id=account.pk, key_id=key.pk, revoked_by_id=boss.pk)
    made = create_api_key(
        account_id=account.pk, name=name, created_by_id=boss.pk, scopes=[str(each) for each in KeyScope]
    )
    held.keys[made.key.key] = made.secret
    return made.key.pk


def _key_names(made: Made) -> dict[str, str]:
    with scope(made.account_id):
        names = dict(ApiKey.objects.filter(pk__in=made.key_ids.values()).values_list("pk", "key"))
    return {region: names[key_id] for region, key_id in made.key_ids.items()}
