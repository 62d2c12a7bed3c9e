"""Pages that every package shares: problems, the reference, the log-in, the language."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

import app
from kit.errors import every_problem
from tests.conftest import Service
from tests.make_venues import make_venue

ROOT = Path(__file__).parent.parent


async def test_every_problem_has_a_page_in_both_languages(service: Service) -> None:
    assert app.endpoints  # importing the app imports every problem
    reader = await service.client()

    for problem in every_problem():
        for language in ("vi", "en"):
            page = await reader.get(f"/problems/{problem.slug()}?lang={language}")
            assert page.status_code == 200, problem
            assert f'<html lang="{language}">' in page.text


async def test_an_unknown_problem_and_an_unknown_page_are_not_found(service: Service) -> None:
    reader = await service.client(accept="text/html")

    for path in ("/problems/nothing", "/nothing"):
        page = await reader.get(path)
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")


async def test_the_reference_shows_every_operation(service: Service) -> None:
    reader = await service.client()

    page = await reader.get("/docs")

    assert page.status_code == 200
    for endpoint in app.endpoints:
        if not endpoint.page:
            assert f'id="{endpoint.handler.__name__}"' in page.text


async def test_a_wrong_password_is_said_beside_its_field(service: Service) -> None:
    reader = await service.client(**{"accept-language": "en"})

    page = await reader.post("/login", data={"login": "nobody", "password": "a guess"})

    assert page.status_code == 401
    assert 'aria-describedby="wrong"' in page.text
    assert "The login or the password is wrong." in page.text


async def test_a_chosen_language_outlives_what_the_browser_asks_for(service: Service) -> None:
    reader = await service.client(**{"accept-language": "en"})

    before = await reader.get("/")
    chosen = await reader.post("/language", data={"language": "vi", "next": "/scan"})
    after = await reader.get("/")

    assert '<html lang="en">' in before.text
    assert chosen.headers["location"] == "/scan"
    assert '<html lang="vi">' in after.text


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/code?code=abc+%26+d&lang=en", "/code?code=abc+%26+d"),
        ("/V/nothing%20here", "/V/nothing%20here"),
        ("/", "/"),
    ],
)
async def test_another_language_shows_the_same_page(
    service: Service, address: str, back: str
) -> None:
    reader = await service.client(accept="text/html")

    page = await reader.get(address)
    chosen = await reader.post("/language", data={"language": "en", "next": next_of(page.text)})

    assert chosen.headers["location"] == back


@pytest.mark.parametrize(
    ("path", "back"),
    [("/V/{code}/check-in", "/V/{code}"), ("/login", "/login"), ("/language", "/")],
)
async def test_another_language_leads_back_from_the_answer_to_a_form(
    service: Service, path: str, back: str
) -> None:
    code = (await make_venue(service)).code
    reader = await service.client(accept="text/html")
    answer = await reader.post(path.format(code=code), data={})

    chosen = await reader.post("/language", data={"language": "en", "next": next_of(answer.text)})
    shown = await reader.get(chosen.headers["location"])

    assert chosen.headers["location"] == back.format(code=code)
    assert shown.status_code == 200


def next_of(page: str) -> str:
    found = re.search(r'name="next" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


async def test_a_page_says_nothing_untranslated_of_what_is_wrong(service: Service) -> None:
    reader = await service.client(accept="text/html")

    page = await reader.get("/code?code=a&code=b&lang=vi")

    assert page.status_code == 422
    assert "twice" not in page.text
    assert "<code>code</code>: ghi hai lần" in page.text


def test_a_tone_stands_over_the_same_vowel_everywhere() -> None:
    """«sức khỏe», «hủy»: over the first of the two, as most of the texts had it."""
    other = re.compile(r"\b\w*(?:o[àáảãạèéẻẽẹ]|(?<![qQ])u[ỳýỷỹỵ])\b")
    texts = "".join(path.read_text() for path in sorted((ROOT / "locale/vi").glob("*.po")))

    assert other.findall("sức khoẻ, huỷ, quý, thuý, hoàn") == ["khoẻ", "huỷ", "thuý"]
    assert other.findall(texts) == []
