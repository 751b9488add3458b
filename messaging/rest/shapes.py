"""What REST v1 takes and gives, for the checks on input and for the description (OpenAPI)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from messaging.messages.states import Actor, Direction, State
from privacy.cases.models import Kind

STATES = [state.name.lower() for state in State]
CASE_KINDS = list(Kind.values)


class Strict(serializers.Serializer[Any]):
    """Refuses members that it does not know: a typing slip must not silently change what is sent."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {str(name): [_("There is no such member.")] for name in unknown}
                )
        return super().to_internal_value(data)


def _days(help_text: str) -> serializers.IntegerField:
    """A shorter life that one message asks for."""
    return serializers.IntegerField(
        min_value=0, max_value=400, required=False, allow_null=True, default=None, help_text=help_text
    )


class NewMessage(Strict):
    to = serializers.RegexField(
        r"^[^,]{3,40}$", help_text="The recipient, E.164: `+447700900100`.", trim_whitespace=True
    )
    text = serializers.CharField(max_length=39_000, trim_whitespace=False, help_text="At most 255 segments.")
    client_ref = serializers.CharField(
        max_length=64, required=False, default="", help_text="Your own reference; not a secret, not a number."
    )
    content_days = _days("Days its text is kept, at most what the account instructs; 0: not beyond delivery.")
    number_days = _days(
        "Days its number is kept, at most what the account instructs; its text is kept no longer."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `from` is a word of the language.
        sender = serializers.CharField(
            max_length=16,
            required=False,
            default="",
            allow_blank=True,
            help_text="Sender ID: at most 11 letters and digits, or a number. Left out: the account’s own.",
        )
        return {"from": sender, **super().get_fields()}


class NewMessages(Strict):
    messages = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=100)


class MessageAccepted(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    classic_id = serializers.CharField(help_text="The same message's id in the classic API.")
    state = serializers.ChoiceField(choices=["accepted"])
    segments = serializers.IntegerField()
    encoding = serializers.ChoiceField(choices=["GSM-7", "UCS-2"])
    price = serializers.CharField(help_text="Of all its segments, as a decimal string.")
    currency = serializers.CharField()
    client_ref = serializers.CharField()
    text_kept_until = serializers.DateField(allow_null=True, help_text="The last UTC day; null: not kept.")
    number_kept_until = serializers.DateField(allow_null=True)


class PointedError(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="RFC 6901.")
    detail = serializers.CharField()


class ProblemDetail(serializers.Serializer[Any]):
    """RFC 9457. `type` is stable; `detail` says what to do."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = PointedError(many=True, required=False)


class Result(serializers.Serializer[Any]):
    """One of several: the message, or why it was not taken."""

    message = MessageAccepted(required=False)
    problem = ProblemDetail(required=False)


class ManyAccepted(serializers.Serializer[Any]):
    results = Result(many=True, help_text="In the order of the request.")


class Event(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=STATES)
    at = serializers.DateTimeField()
    by = serializers.ChoiceField(choices=[actor.name.lower() for actor in Actor])
    error_code = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()


class MessageSummary(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    classic_id = serializers.CharField()
    direction = serializers.ChoiceField(choices=[direction.name.lower() for direction in Direction])
    state = serializers.ChoiceField(choices=STATES)
    at = serializers.DateTimeField()
    number = serializers.CharField(allow_null=True, help_text="E.164 with `+`; null once erased.")
    sender = serializers.CharField()
    country = serializers.CharField()
    segments = serializers.IntegerField()
    encoding = serializers.ChoiceField(choices=["GSM-7", "UCS-2"])
    price = serializers.CharField()
    currency = serializers.CharField()
    client_ref = serializers.CharField()
    error_code = serializers.IntegerField(allow_null=True)
    text_kept_until = serializers.DateField(allow_null=True)
    number_kept_until = serializers.DateField(allow_null=True)


class MessageDetail(MessageSummary):
    text = serializers.CharField(allow_null=True, help_text="Null once erased, or when it is not kept.")
    events = Event(many=True)


class MessageList(serializers.Serializer[Any]):
    data = MessageSummary(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class Balance(serializers.Serializer[Any]):
    balance = serializers.CharField()
    currency = serializers.CharField()


class Retention(serializers.Serializer[Any]):
    data_class = serializers.ChoiceField(choices=["content", "number", "recording"])
    days = serializers.IntegerField()
    floor_days = serializers.IntegerField()
    ceiling_days = serializers.IntegerField()
    default_days = serializers.IntegerField()
    pending_days = serializers.IntegerField(allow_null=True, help_text="Instructed, in its grace period.")
    pending_from = serializers.DateTimeField(allow_null=True)


class RetentionList(serializers.Serializer[Any]):
    data = Retention(many=True)


class Instruction(Strict):
    data_class = serializers.ChoiceField(choices=["content", "number", "recording"])
    days = serializers.IntegerField(min_value=0)
    knowingly = serializers.BooleanField(
        required=False, default=False, help_text="Content may outlive its number, and I know it."
    )


class EndUserRegion(serializers.Serializer[Any]):
    region = serializers.CharField()
    messages = serializers.IntegerField()
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)


class EndUser(serializers.Serializer[Any]):
    number = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    messages = serializers.IntegerField()
    regions = EndUserRegion(many=True)


class EndUserExport(serializers.Serializer[Any]):
    number = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    exported_at = serializers.DateTimeField()
    complete = serializers.BooleanField(help_text="False: there are more; narrow the days.")
    messages = MessageDetail(many=True)


class NamedException(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=CASE_KINDS)
    since = serializers.DateTimeField()
    until = serializers.DateField(help_text="The day on which the copies are erased.")


class EndUserErased(serializers.Serializer[Any]):
    first_day = serializers.DateField(help_text="The first day of which the number was erased.")
    last_day = serializers.DateField()
    erased = serializers.IntegerField()
    exceptions = NamedException(
        many=True,
        help_text="Copies of the account's messages that stay for a named reason, until the day said.",
    )
    left = serializers.IntegerField(
        help_text="Still on their way, or more than one call erases: erase again."
    )
