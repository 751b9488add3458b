"""A data key in memory: seals, opens and makes search tokens for one account, class, start and due day."""

from __future__ import annotations

from datetime import date
from struct import Struct
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.keys import sealing, tokens

KEY_BYTES = 32
_NUMBERS = Struct(">hhII")


class DataKey:
    """Unwrapped. `due_on` is the first UTC day on which nothing under it may be readable."""

    __slots__ = (
        "_aead",
        "_material",
        "_token_key",
        "account_id",
        "alias",
        "data_class",
        "due_on",
        "generation",
        "id",
        "starts_on",
    )

    def __init__(
        self,
        *,
        alias: str,
        key_id: UUID,
        account_id: UUID,
        data_class: int,
        starts_on: date,
        due_on: date,
        generation: int,
        material: bytes,
    ) -> None:
        self.alias, self.id, self.account_id = alias, key_id, account_id
        self.data_class, self.starts_on, self.due_on = data_class, starts_on, due_on
        self.generation = generation
        self._material = material
        self._aead = AESGCM(material)
        self._token_key: bytes | None = None

    def __repr__(self) -> str:
        return f"<DataKey {self.id} {self.alias} class {self.data_class} {self.starts_on}..{self.due_on}>"

    def seal(self, plain: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """Seal a value for one place. Two microseconds."""
        return sealing.seal(
            self._aead, plain, sealing.associated(self.account_id, self.id, table, column, row)
        )

    def open(self, sealed: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """Open a value of that place. Raises SealRefused."""
        return sealing.unseal(
            self._aead,
            bytes(sealed),
            sealing.associated(self.account_id, self.id, table, column, row),
            place=f"table={table} column={column} row={row}",
        )

    def token(self, value: bytes) -> bytes:
        """The 16-byte search token of a value under this key."""
        if self._token_key is None:
            self._token_key = tokens.token_key(self._material)
        return tokens.token(self._token_key, value)


def context(
    *,
    alias: str,
    key_id: UUID,
    account_id: UUID,
    data_class: int,
    starts_on: date,
    due_on: date,
    generation: int,
) -> bytes:
    """What a wrapped key is bound to: altering a key row's due day, class or account makes it unopenable."""
    days = _NUMBERS.pack(data_class, generation, starts_on.toordinal(), due_on.toordinal())
    return b"".join((key_id.bytes, account_id.bytes, days, alias.encode()))
