"""The message of the plain project, with as many indexes as the product's."""

from __future__ import annotations

import uuid

from django.db import models


class Message(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account_id = models.UUIDField()
    sender = models.CharField(max_length=16)
    country = models.CharField(max_length=2)
    encoding = models.SmallIntegerField()
    segments = models.SmallIntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=5)
    state = models.SmallIntegerField(default=0)
    content_sealed = models.BinaryField()
    number_sealed = models.BinaryField()
    number_token = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "plain_django"
        indexes = [
            models.Index(fields=["account_id", "id"]),
            models.Index(fields=["account_id", "number_token"]),
            models.Index(fields=["created_at"], condition=models.Q(state=0), name="waiting"),
        ]
