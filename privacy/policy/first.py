"""The text that the portal begins with, until staff publish another: PaaSoo's promises in plain words of our own."""

from typing import Final

NUMBER: Final = "2026-11"
TEXT: Final = """\
# Who we are

PaaSoo sends messages and calls for companies. PAASOO TECHNOLOGY (IRELAND) LIMITED, Dublin, and its affiliates answer for what is described here. Write to privacy@paasoo.com about anything in it.

# Three kinds of data

We keep apart what belongs to an account (its people, its payments), how the service is used, and the traffic itself: the texts, recordings and numbers that our customers send through us.

- For an account's people and payments, and for billing, troubleshooting and the security of the network, we decide ourselves how data are used, and answer for it.
- For traffic we act on the customer's instruction alone. If a company wrote to you through us, ask that company: it can find, export and erase everything about your number.

# What we use data for

The table below lists every kind of data, what it is used for, on what basis, and how long it is kept. It comes from the same catalogue that the software works by, so it cannot say anything else than what is done. Data are used for nothing that is not listed.

# How long data are kept

The text of a message and the number it went to have periods of their own, and each customer says how long they are. When a period ends they become unreadable by themselves, in back-ups too, and the customer gets a certificate. Accounts are kept for as long as the customer wants them. Invoices and what belongs to them stay seven years, even when the account is gone. Cookie and device information is kept two years at most.

A copy may stay for a named reason only: to bill and to settle invoices, to find a fault, or to stop spam, fraud and abuse. Where a court or an authority orders it, data are held back from erasure until the order ends. What then remains of use are counts that name nobody.

# Asking us to delete everything

When a customer asks us to delete its account, or all of its traffic, the service ends with it. What is owed stays owed. We say so before anything is deleted.

# Your rights

You may ask what we hold about you, have it corrected, erased, restricted or handed over, object to its use, and take back a consent. The privacy centre does most of it at once; for the rest you get an answer within a month, free of charge. If your sign-in belongs to a company's account, its administrator answers first, and we help. You may complain to the Data Protection Commission in Dublin, and go to court.

# Where data are

The address that a program calls decides: paasoo.com is in Singapore, paasoo.hk in Hong Kong, paasoo.cn in mainland China, paasoo.com.tw in Taiwan, paasoo.in in India and paasoo.eu in Ireland. Traffic is stored there and nowhere else. Companies that work for us are listed on their own page, with what they do and where. We sell nothing and share nothing for gain of our own, and no number or consent to be texted goes to anybody for advertising.

# Security

Traffic and passwords are encrypted where they are stored. Only those of us whose work needs it may see personal data, each look is recorded, and the customer sees the record. If something goes wrong we tell our customers promptly.

# Changes

The newest version always stands here, and older ones stay readable. Changes that matter are announced to those whom they affect. A change that needs your consent does not apply to your data before you give it.
"""
