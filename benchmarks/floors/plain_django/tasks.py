"""The task that would send a message; nobody consumes it here, as nobody dispatches the product's messages."""

from __future__ import annotations

import os

from celery import Celery

app = Celery("plain")
app.conf.update(
    broker_url=f"redis+socket://{os.environ.get('BENCH_VALKEY_SOCKET', '')}?virtual_host=1",
    task_ignore_result=True,
)


@app.task
def send(message_id: str) -> None:
    raise NotImplementedError
