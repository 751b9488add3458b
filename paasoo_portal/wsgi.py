"""The portal as a WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
application = get_wsgi_application()

# Makes our Celery the current one: without it a page's task would go to a broker that is none.
import paasoo_portal.celery  # noqa: E402, F401
from privacy.boot import refuse_unsafe  # noqa: E402  needs the loaded applications

refuse_unsafe()
