"""Letters to staff on duty: that an alarm rings, still rings, or is over. Kinds, databases and times; nobody's data."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.urls import reverse

from accounts.people.models import Person
from accounts.staff_roles import OFFICER, OPERATOR
from paasoo_portal.core import mail
from privacy.alarms.services import News

log = logging.getLogger(__name__)


def alarms_told(news: News) -> int:
    """The hook `alarms.tell`: one letter to each who is on duty, in their language; to how many it went."""
    context = {
        "begun": news.begun,
        "lasting": news.lasting,
        "over": news.over,
        "first": (news.begun or news.lasting or news.over)[0],
        "more": len(news.begun or news.lasting or news.over) - 1,
        "link": settings.PORTAL_URL + reverse("admin:privacy_retentionrun_dashboard"),
    }
    told = 0
    for person in on_duty():
        try:
            mail.send("accounts/mail/alarm", person.email, context, language=person.language)
        except (SMTPException, OSError) as error:
            log.error("a letter of an alarm was not sent", extra={"error": type(error).__name__})
        else:
            told += 1
    return told


def on_duty() -> list[Person]:
    """Operators and privacy officers; where there is none, whoever may do everything: somebody must hear it."""
    staff = Person.objects.filter(is_staff=True, is_active=True)
    found = list(staff.filter(groups__name__in=(OPERATOR, OFFICER)).distinct())
    return found or list(staff.filter(is_superuser=True))
