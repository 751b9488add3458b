"""The demo's price list: EUR per segment by country. Invented figures; a real list is published by staff."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_CENTS: Final = """
AE 3.10  AR 5.60  AT 6.90  AU 3.60  BD 9.80  BE 7.40  BG 5.90  BR 2.20  CA 0.75  CH 5.20
CL 4.10  CN 2.80  CO 0.90  CY 3.30  CZ 5.10  DE 7.20  DK 3.40  EE 6.20  EG 6.80  ES 4.30
FI 5.40  FR 5.10  GB 3.20  GR 5.00  HK 4.20  HR 6.10  HU 6.60  ID 9.90  IE 5.50  IL 4.70
IN 0.35  IS 5.80  IT 6.30  JP 5.90  KE 4.40  KR 3.00  LT 3.10  LU 6.70  LV 5.30  MX 3.20
MY 4.60  NG 5.20  NL 7.70  NO 5.00  NZ 7.60  PE 4.90  PH 4.50  PK 6.50  PL 2.60  PT 3.80
RO 5.70  RS 4.80  SA 4.00  SE 4.60  SG 3.30  SI 6.40  SK 5.60  TH 1.60  TR 0.80  TW 4.90
UA 7.90  US 0.70  UY 5.40  VN 5.10  ZA 2.10
"""
_NETWORKS: Final = {("IN", "40445"): "0.0029", ("CN", "46000"): "0.0265", ("DE", "26201"): "0.0705"}


def price_list() -> dict[tuple[str, str], Decimal]:
    words = _CENTS.split()
    countries = {
        (country, ""): Decimal(cents) / 100 for country, cents in zip(words[::2], words[1::2], strict=True)
    }
    return countries | {place: Decimal(amount) for place, amount in _NETWORKS.items()}
