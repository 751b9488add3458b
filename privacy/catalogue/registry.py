"""Finding the declarations: `personal_data.py` of every app and of the project's root, as `admin.py` is
found.

Each module has `CATALOGUE`, a list of declarations, and may have `STORES`. The root's declares third-party
models and those of the floor, which knows nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from django.apps import AppConfig, apps
from django.conf import settings

from privacy.catalogue.declarations import Catalogue, Declaration

MODULE = "personal_data"
_overrides: list[Catalogue] = []


def root_package() -> str:
    """The project's composition root: the package of the URLs."""
    return str(settings.ROOT_URLCONF).rpartition(".")[0]


def catalogue() -> Catalogue:
    """The catalogue, loaded once."""
    return _overrides[-1] if _overrides else _loaded()


@contextmanager
def override(*declarations: Declaration) -> Iterator[Catalogue]:
    """For tests: the loaded catalogue with these declarations in place of, or beside, its own."""
    base = catalogue()
    changed = Catalogue(models=dict(base.models), stores=list(base.stores))
    for declaration in declarations:
        changed.models[declaration.model.lower()] = declaration
    _overrides.append(changed)
    try:
        yield changed
    finally:
        _overrides.remove(changed)


def file_for(config: AppConfig) -> str:
    """The file in which a model of this app is declared, as a path from the project's root."""
    root = root_package()
    ours = Path(settings.BASE_DIR) in Path(config.path).parents and "site-packages" not in config.path
    inside_root = config.name.startswith(root + ".") or config.name == root
    folder = config.name.replace(".", "/") if ours and not inside_root else root
    return f"{folder}/{MODULE}.py"


@cache
def _loaded() -> Catalogue:
    found = Catalogue()
    packages = [config.name for config in apps.get_app_configs()]
    for package in dict.fromkeys([*packages, root_package()]):
        module = _module(package)
        if module is not None:
            for declaration in module.CATALOGUE:
                found.declare(declaration)
            found.stores.extend(getattr(module, "STORES", ()))
    return found


def _module(package: str) -> ModuleType | None:
    name = f"{package}.{MODULE}"
    return import_module(name) if find_spec(name) is not None else None
