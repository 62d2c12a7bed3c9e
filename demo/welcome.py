"""What a start of the demo prints: addresses, log-ins, and what to try first."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import qrcode

import database
from demo import crowd, queries, story
from demo.load import LAST_LOGIN, PASSWORD
from demo.people import phone
from settings import Settings
from venues.code import printed

STALE_DAYS = 7


def qr(text: str) -> str:
    """In half blocks, light on dark as terminals are; the quiet zone is part of it."""
    drawn = qrcode.QRCode(border=2)
    drawn.add_data(text)
    shown = io.StringIO()
    drawn.print_ascii(out=shown, invert=True)
    return shown.getvalue().rstrip("\n")


async def welcome(settings: Settings, now: datetime, *, whole: bool = False) -> str:
    """`whole`: of the city with all its people, in which no story is played."""
    async with database.owner(settings) as db:
        loaded = await queries.loaded_at(db, LAST_LOGIN)
        door = await queries.entrance(db, story.SUPERMARKET_NAME)
        worked = await queries.case_number(db, story.FRIEND_REFERENCE)
    if loaded is None or door is None:
        raise LookupError("the city is not loaded")
    today = loaded.astimezone(settings.zone).date()
    told = [_told(settings, *door), _in_the_crowd(today) if whole else _in_the_story(today)]
    if worked:
        told.append(
            f"  Case {worked} is approved and being worked already: one who sang with him. Its\n"
            f"  contacts, point and note are on the officer's first page."
        )
    age = (now - loaded).days
    if age >= STALE_DAYS:
        told.append(
            f"  The city is {age} days old; scans are deleted after {settings.retention_days}.\n"
            f"  For a new one, stop this and delete {settings.data_dir}."
        )
    return "\n\n".join(told)


def _told(settings: Settings, code: str, checkpoint: int) -> str:
    url = settings.public_url.rstrip("/")
    shown = (
        ("/", "citizens"),
        (f"/V/{code}", f"what the poster at {story.SUPERMARKET_NAME} says; typed: {printed(code)}"),
        ("/login", "staff"),
        (f"/v1/checkpoints/{checkpoint}/poster", "that poster to print, once logged in as venue"),
        ("/docs", "the API"),
    )
    addresses = "\n".join(f"  {url + path:{len(url) + 32}}{what}" for path, what in shown)
    return f"""\
Chốt demo: an invented Cần Thơ. Everybody knows these passwords, so enter nothing real.

{addresses}

  Log-ins, all with the password {PASSWORD}
    venue      runs {story.SUPERMARKET_NAME}
    officer    opens and traces cases in all of Cần Thơ
    approver   the second person, who approves them, and lists with names that leave
    tracer     calls the contacts that were given to the wards
    verifier   confirms or rejects who was a contact
    auditor    reads who did what when
    admin      every venue, and rulings on contacts; accounts are kept by chot admin"""


def _in_the_crowd(today: date) -> str:
    yesterday = today - timedelta(days=1)
    sale = today - timedelta(days=crowd.DAYS - crowd.SALE)
    return f"""\
  What to try
    Log in as officer and open a case with any lab reference and the policy {story.POLICY},
    then log in as approver and approve it.
      {local(phone(crowd.CASE))}   fell ill on {yesterday:%d/%m/%Y} and lives as everybody does
      {local(phone(crowd.SHOPPER))}   fell ill on {sale:%d/%m/%Y}, when they sat for eight hours
                     in {story.SUPERMARKET_NAME}"""


def _in_the_story(today: date) -> str:
    onset = today - timedelta(days=story.FELL_ILL)
    sampled = today - timedelta(days=story.SAMPLED)
    sale = today - timedelta(days=story.SALE)
    return f"""\
  What to try
    1. Check in: open the poster's address on a phone or here, and give any name.
    2. Run a door: log in as venue. On {sale:%d/%m/%Y} the supermarket held a sale:
       two people in three came.
    3. Trace: log in as officer and open a case
         phone          {local(story.CASE_PHONE)}
         fell ill       {onset:%d/%m/%Y}   sampled {sampled:%d/%m/%Y}
         lab reference  {story.LAB_REFERENCE}
         lives in       {story.CASE_WARD}
         policy         {story.POLICY}
       then log in as approver and approve it: about a hundred contacts at an office,
       two restaurants, a café, a clinic and the supermarket.
    4. One of them, {local(story.COLLEAGUE_PHONE)}, falls ill on {today:%d/%m/%Y}
       ({story.COLLEAGUE_REFERENCE}): whom did he meet after the case?
    5. Work the list: as officer give all contacts to the wards where they live, then log in
       as tracer and note whom you reached; as officer look at the case's days and map."""


def local(number: str) -> str:
    """'+84950000000' → '0950 000 000'."""
    digits = "0" + number.removeprefix("+84")
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}"
