"""`manage.py dispatcher`: hands accepted messages to the carriers and takes their receipts. Runs as the worker."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from messaging.delivery.dispatcher import Dispatcher
from privacy.boot import refuse_unsafe


class Command(BaseCommand):
    help = "Deliver messages, in every region, until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unsafe()
        dispatcher = Dispatcher()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: dispatcher.stop())
        dispatcher.start()
        dispatcher.wait()
