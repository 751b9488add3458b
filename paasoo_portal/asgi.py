"""Door and portal as one ASGI application. What may not serve does not start: see privacy.boot (P-CAT-2, P-RET-7)."""

from __future__ import annotations

from paasoo_portal import wsgi as _refuses  # noqa: F401  sets Django up, and asks whether this process may serve
from paasoo_portal.web import Application

application = Application()
