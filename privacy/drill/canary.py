"""`drill canary`: marked plain text and the raw bytes of its keys are searched through everything the installation holds.

Neither content nor numbers nor bare keys may ever be found anywhere, before the bound as little as after it; wrapped keys
of the past may not be in the key table's files once the carry-over is done; names of the erased may not be in a dump made
afterwards. A control that is planted on purpose shows that the search finds. Keeps P-SEC-1, P-RET-2, P-RET-7.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.tenancy import system_scope
from privacy.drill.procedure import Check
from privacy.drill.restore import DrillImpossible
from privacy.drill.stores import Store, Stores, search
from privacy.drill.world import World
from privacy.keys import nightly, store
from privacy.retention import nightly as retention

MESSAGES: Final = 6
VAULT: Final = "the vault"


@dataclass
class Needles:
    """What is searched. `sealed` must be nowhere, ever; `wrapped` not in the key table; `clear` not in what is made later;
    `epochs` in the vault alone, and past the bound not even there.
    """

    sealed: dict[str, list[bytes]] = field(default_factory=dict)
    wrapped: dict[str, list[bytes]] = field(default_factory=dict)
    clear: list[bytes] = field(default_factory=list)
    epochs: list[bytes] = field(default_factory=list)


def run(aliases: list[str], *, messages: int = MESSAGES) -> dict[str, Any]:
    """The whole drill, on these regional databases. Raises DrillImpossible and whatever stops a carry-over."""
    if settings.PRODUCTION:
        raise DrillImpossible("a drill plants samples with another day's clock, which production refuses")
    [stores] = hooks.call("drill.stores", aliases=aliases)
    [world] = hooks.call("drill.world", aliases=aliases)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="canary-", dir=settings.VAR) as folder:
        try:
            checks = _hold(stores, world, aliases, Path(folder), messages)
        finally:
            world.remove()
    return {
        "ok": all(check.ok for check in checks),
        "seconds": round(time.monotonic() - began, 1),
        "carry_overs": settings.EPOCHS_KEPT + 1,
        "checks": [check.as_dict() for check in checks],
        "left": world.left(),
    }


def _hold(stores: Stores, world: World, aliases: list[str], folder: Path, messages: int) -> list[Check]:
    world.plant(messages)
    world.plant_late()
    world.use()
    needles = needles_of(world, aliases)
    checks = _controls(stores, _made(folder, "controls"))
    held = stores.all(_made(folder, "before"))
    checks += nowhere("before anything was erased", held, needles)
    checks.append(_wrapped_are_found(stores, needles))
    checks += _epochs_are_found(held, needles)
    for alias in aliases:
        retention.run(alias, clock.today())
    world.erase()
    checks += nowhere("after the erasures", stores.all(_made(folder, "erased")), needles)
    for alias in aliases:
        nightly.once(alias)
        left = list(search(stores.key_files(alias), needles.wrapped[alias]))
        checks.append(
            Check(f"{alias}: the key table's files hold no wrapped key of before the carry-over", not left)
        )
        for _ in range(settings.EPOCHS_KEPT):
            nightly.once(alias)
    return checks + nowhere("past the bound", stores.all(_made(folder, "bound")), needles, gone=True)


def needles_of(world: World, aliases: list[str]) -> Needles:
    """From what was planted, and the keys that sealed it: their bare bytes are never written anywhere but here."""
    found = Needles()
    traces = world.traces()
    messages = [
        one for part in (traces.dead, traces.erased, traces.living) for of in part.values() for one in of
    ]
    # All texts begin alike, and like nothing else.
    found.sealed["content"] = _forms([messages[0].text[: traces.marked].encode()])
    found.sealed["numbers"] = _forms(sorted({message.number.encode() for message in messages}))
    bare: list[bytes] = []
    for alias in aliases:
        with system_scope("drill", using=(alias,)):
            keys = store.by_ids(alias, world.keys(alias))
        bare += [store.material(alias, key) for key in keys]
        found.wrapped[alias] = [bytes(key.wrapped) for key in keys]
        found.epochs += _forms(store.epoch_material(alias))
    found.sealed["bare keys"] = _forms(bare)
    found.clear = [word.encode() for word in traces.words_gone]
    return found


def _forms(values: list[bytes]) -> list[bytes]:
    """As they are, and in the hexadecimal of a text dump."""
    return [form for value in values for form in (value, value.hex().encode())]


def _controls(stores: Stores, folder: Path) -> list[Check]:
    needle = secrets.token_bytes(16).hex().encode()
    with stores.controls(needle):
        return [
            Check(
                f"{held.name}: what is planted on purpose is found",
                bool(list(search(held.files, _forms([needle])))),
            )
            for held in stores.all(folder)
        ]


def nowhere(when: str, held: list[Store], needles: Needles, *, gone: bool = False) -> list[Check]:
    """`gone`: of the erased also the names, but for where clear columns stay until the oldest back-up goes."""
    checks = [_not_in(when, one, kind, values) for one in held for kind, values in needles.sealed.items()]
    checks += [
        _not_in(when, one, "epoch keys", needles.epochs)
        for one in held
        if needles.epochs and (gone or one.name != VAULT)
    ]
    if gone:
        names = "names and addresses of the erased"
        checks += [_not_in(when, one, names, needles.clear) for one in held if not one.keeps_clear]
    return checks


def _not_in(when: str, held: Store, kind: str, values: list[bytes]) -> Check:
    hits = {path.name for path, _ in search(held.files, values)}
    return Check(f"{when}, no {kind} in {held.name}", not hits, ", ".join(sorted(hits)[:5]))


def _wrapped_are_found(stores: Stores, needles: Needles) -> Check:
    """So that their absence later says something."""
    found = all(list(search(stores.key_files(alias), values)) for alias, values in needles.wrapped.items())
    return Check("wrapped keys are found in the key table's files while their epoch is open", found)


def _epochs_are_found(held: list[Store], needles: Needles) -> list[Check]:
    """The same of epoch keys, where the vault is a folder: a key service lets none out."""
    if not needles.epochs:
        return []
    found = any(list(search(one.files, needles.epochs)) for one in held if one.name == VAULT)
    return [Check(f"epoch keys are found in {VAULT} while their epoch is kept", found)]


def _made(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made
