"""The composition root: settings, URLs, Celery, embedded services, public pages."""
