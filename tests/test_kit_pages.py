"""Pages that every package shares: problems, the reference, the log-in, the language."""

from __future__ import annotations

import app
from kit.errors import every_problem
from tests.conftest import Service


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
