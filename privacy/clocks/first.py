"""The first clocks, which came with the product: their reasons, for translators. Later ones are shown as staff wrote them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it

# Kind, amount, unit, the law or clause behind it.
FIRST: Final = (
    ("answer", 1, "months", N_("Art. 12(3) GDPR, counted by Regulation (EEC, Euratom) 1182/71.")),
    ("extension", 2, "months", N_("Art. 12(3) GDPR: once, with the reason given within the first period.")),
    ("take_over", 10, "days", N_("Our own: time for us to answer where an administrator has not.")),
    ("confirm", 2, "days", N_("Our own: an address that nobody confirms is deleted.")),
    ("order_review", 90, "days", N_("Our own: nothing is preserved longer than required.")),
    ("closing", 7, "days", N_("Our own: time to change one’s mind.")),
    ("return", 30, "days", N_("Art. 28(3)(g) GDPR: return at the customer’s choice, before deletion.")),
)
