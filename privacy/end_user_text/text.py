"""The model text: what PaaSoo does with End-Users' data for this account, as its rows say it today. Keeps P-WHO-4.

No number and no name in it is written by hand: days are those in force, data and purposes come from the catalogue, companies
from the list of sub-processors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it
from django.utils.translation import ngettext

from paasoo_portal.core import clock, regions
from paasoo_portal.core.regions import Region
from paasoo_portal.core.tenancy import scope
from privacy.catalogue.declarations import FieldEntry
from privacy.catalogue.registry import catalogue
from privacy.catalogue.terms import Export, Role, Subject
from privacy.keys.models import DataClass, DataKey
from privacy.retention import instructions
from privacy.subprocessors.models import SubProcessor

# What each kind of data about an End-User is called to them, by its term in the catalogue, most telling first.
WORDS: Final = {
    "TelephoneNumber": N_("your phone number"),
    "Communication": N_("the text of each message"),
    "CommunicationsMetadata": N_(
        "when, to which country and over which network a message went, and whether it arrived"
    ),
    "Identifier": N_("the sender that stood above the message, and our own reference for it"),
}
# What the customer's own purposes are called in its own voice, by their slug.
PURPOSES: Final = {
    "deliver": N_("deliver our messages"),
    "show": N_("let us find and check what we sent and received"),
}
_CLASSES: Final = {
    DataClass.CONTENT: N_("The text of each message"),
    DataClass.NUMBER: N_("Your phone number"),
    DataClass.RECORDING: N_("Recorded calls, where we record any"),
}


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, a list, and what follows the list."""

    title: str
    paragraphs: tuple[str, ...]
    items: tuple[str, ...] = field(default=())
    after: tuple[str, ...] = field(default=())


def sections(account_id: UUID, home: str) -> list[Section]:
    """In the active language, for an account at home in a region."""
    where = places(account_id, home)
    return [
        Section(
            _("Text messages through PaaSoo"),
            (
                _(
                    "We send and receive text messages through a service provider that works on our instruction alone "
                    "(a processor, Art. 28 GDPR): PAASOO TECHNOLOGY (IRELAND) LIMITED and affiliates, company no. "
                    "675998, Dublin, Ireland."
                ),
                _("Our legal basis: [for example your contract with us, or your consent]."),
            ),
        ),
        Section(
            _("Which data, and what for"),
            (_("PaaSoo processes for us:"),),
            tuple(_(WORDS[term]) for term in terms()),
            (
                _("It uses them for us to: %(purposes)s.")
                % {"purposes": "; ".join(_(PURPOSES[one]) for one in purposes())},
                _(
                    "For its own accounts, and case by case against faults, spam and fraud, PaaSoo is responsible itself, as "
                    "its privacy policy says."
                ),
            ),
        ),
        Section(_("How long"), (), tuple(_periods(account_id)), (_survives(),)),
        Section(
            _("Where, and who else"),
            (
                _("The data are stored in: %(regions)s.")
                % {"regions": ", ".join(region.label for region in where)},
                _("Carriers get number and text to deliver a message. For PaaSoo work:"),
            ),
            tuple(_companies(where)),
        ),
        Section(
            _("Your rights"),
            (
                _(
                    "You may ask us for access to your data, for a copy, for correction, erasure or restriction, and "
                    "object to their use; a consent you may take back at any time. Write to: [your contact]. PaaSoo "
                    "answers nobody directly and helps us to answer you."
                ),
                _("You may also complain to the data protection authority of your country."),
            ),
        ),
    ]


def terms() -> list[str]:
    """The kinds of data about End-Users that the catalogue declares for the customer's own purposes."""
    found = {entry.term for entry in _entries()}
    return [term for term in WORDS if term in found]


def purposes() -> list[str]:
    """The slugs of the purposes for which we work on the customer's instruction with them."""
    found = {one.slug for entry in _entries() for one in entry.purposes if one.role is Role.PROCESSOR}
    return [slug for slug in PURPOSES if slug in found]


def places(account_id: UUID, home: str) -> list[Region]:
    """The home region, and every other in which something of the account is kept now."""
    found = [regions.get(home)]
    for alias in regions.aliases():
        if alias != found[0].alias:
            with scope(account_id, using=[alias]):
                if DataKey.objects.using(alias).exists():
                    found.append(regions.of_alias(alias))
    return found


def as_text(told: Iterable[Section]) -> str:
    """Plain text: an empty line parts paragraphs, a dash begins a line of a list."""
    blocks: list[str] = []
    for one in told:
        blocks += [one.title.upper(), *one.paragraphs]
        blocks += ["\n".join(f"- {item}" for item in one.items)] if one.items else []
        blocks += one.after
    return "\n\n".join(blocks) + "\n"


def as_html(told: Iterable[Section]) -> str:
    """Headings, paragraphs and lists without any class or style, for the customer's own page."""
    return "\n".join(_html(one) for one in told) + "\n"


def _html(one: Section) -> SafeString:
    items = format_html_join("\n", "  <li>{}</li>", ((item,) for item in one.items))
    parts = [
        format_html("<h2>{}</h2>", one.title),
        *(format_html("<p>{}</p>", text) for text in one.paragraphs),
        *([format_html("<ul>\n{}\n</ul>", items)] if one.items else []),
        *(format_html("<p>{}</p>", text) for text in one.after),
    ]
    return mark_safe("\n".join(parts))  # noqa: S308  each part was escaped above


def _entries() -> Iterator[FieldEntry]:
    for entry in catalogue().entries():
        told = entry.personal and entry.export is not Export.NONE and entry.subject is Subject.END_USER
        if told and any(purpose.role is Role.PROCESSOR for purpose in entry.purposes):
            yield entry


def _periods(account_id: UUID) -> Iterator[str]:
    days = instructions.days_of(account_id, _CLASSES)
    for data_class, word in _CLASSES.items():
        kept = days[data_class]
        if kept == 0:
            yield _("%(what)s: not stored beyond delivery.") % {"what": _(word)}
            continue
        told = ngettext(
            "%(what)s: %(days)d day, then it is erased by itself; back-ups follow within a few days.",
            "%(what)s: %(days)d days, then it is erased by itself; back-ups follow within a few days.",
            kept,
        )
        yield told % {"what": _(word), "days": kept}


def _survives() -> str:
    return _(
        "The rest of a message goes with all messages of its day. Counts without text and number stay for the accounts. Longer "
        "is kept only what a court or an authority orders, or a named exception covers, such as a case of fraud."
    )


def _companies(where: list[Region]) -> Iterator[str]:
    """Those that work in these regions now."""
    here = {region.name for region in where}
    for one in SubProcessor.objects.order_by("name"):
        mine = [region for region in one.regions.split(", ") if region in here]
        if mine and (one.ended_on is None or one.ended_on >= clock.today()):
            yield _("%(name)s: %(purpose)s (%(regions)s)") % {
                "name": one.name,
                "purpose": _(one.purpose),
                "regions": ", ".join(_(region) for region in mine),
            }
