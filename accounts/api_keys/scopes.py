"""What an API key may be allowed to do. A new key has the least that sends a message and asks after it
(P-SEC-5).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyScope(models.TextChoices):
    SEND = "messages:send", _("Send messages")
    READ = "messages:read", _("Ask after messages")
    BALANCE = "balance:read", _("Ask for the balance")
    LOOKUP = "numbers:lookup", _("Check and look up numbers")
    RETENTION = "retention:read", _("Ask how long data are kept")
    INSTRUCT = "retention:write", _("Instruct how long data are kept")
    ERASE = "messages:erase", _("Erase messages and End-Users")


LEAST = [KeyScope.SEND.value, KeyScope.READ.value]
