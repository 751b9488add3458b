"""Which database a model lives in: the control plane, the traffic plane (every region), or both."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model

CONTROL, TRAFFIC, BOTH = "control", "traffic", "both"


def plane_of(model: type[Model]) -> str:
    return getattr(model, "plane", CONTROL)


class PlaneRouter:
    """Control-plane models go to `default`; traffic models must name their region's alias with `using`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        instance = hints.get("instance")
        if plane_of(model) == TRAFFIC:
            return instance._state.db if instance is not None else None
        return "default"

    db_for_write = db_for_read

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool | None:
        return plane_of(type(obj1)) == plane_of(type(obj2))

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        if "plane" in hints:
            plane = hints["plane"]
        elif model_name is None:
            return False
        else:
            plane = _plane_by_name(app_label, model_name, hints.get("model"))
        return plane == BOTH or (plane == CONTROL) == (db == "default")


def _plane_by_name(app_label: str, model_name: str, historical: type[Model] | None) -> str:
    try:
        return plane_of(apps.get_model(app_label, model_name))
    except LookupError:
        return plane_of(historical) if historical is not None else CONTROL
