"""Server-rendered pages: Jinja with one environment a language, translations from .po files,
static files by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from babel.messages.pofile import read_po
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
)
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

LANGUAGES = ("vi", "en")
LANGUAGE_COOKIE = "chot_language"

Translate = Callable[[str], str]


def language(request: Request[Any]) -> str:
    """The person's choice, else what their browser asks for first, else Vietnamese."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for wanted in request.headers.get("accept-language", "").split(","):
        found = wanted.strip()[:2].lower()
        if found in LANGUAGES:
            return found
    return LANGUAGES[0]


def here(request: Request[Any]) -> str:
    """Of this page, with its query less the language; of a form's answer, of the page above it."""
    path: str = request.scope["path"]
    if request.method in ("GET", "HEAD"):
        kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
        return quote(path) + (f"?{urlencode(kept)}" if kept else "")
    return nearest(request, path)


def nearest(request: Request[Any], path: str) -> str:
    """The page of this path, else of the nearest one above it that can be looked at."""
    asked, routes = {**request.scope, "method": "GET"}, request.app.routes
    while path and all(r.matches({**asked, "path": path})[0] is not Match.FULL for r in routes):
        path = path.rpartition("/")[0]
    return quote(path) or "/"


class Pages:
    """Templates of several packages ('venues/edit.html'), in each language; English is the text in
    the templates."""

    def __init__(
        self, packages: Mapping[str, Path], locale: Path, shared: Mapping[str, object]
    ) -> None:
        self._folders = packages
        loaders = {
            name: FileSystemLoader(folder / "templates") for name, folder in packages.items()
        }
        self._catalogs = {code: catalog(locale / code) for code in LANGUAGES}
        self._environments = {}
        for code in LANGUAGES:
            environment = Environment(
                loader=ChoiceLoader([PrefixLoader(loaders)]),
                autoescape=True,
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                extensions=["jinja2.ext.i18n"],
            )
            found = self._catalogs[code]
            environment.install_gettext_callables(  # type: ignore[attr-defined]
                lambda text, found=found: found.get(text, text),
                lambda one, many, n, found=found: found.get(
                    one if n == 1 else many, one if n == 1 else many
                ),
                newstyle=True,
            )
            environment.globals |= {"static": self.static, "language": code, **shared}
            self._environments[code] = environment

    def html(
        self, request: Request[Any], name: str, status: int = 200, **facts: object
    ) -> Response:
        """One page; `facts` are the template's variables."""
        facts |= {"request": request, "here": here(request)}
        return HTMLResponse(self.text(language(request), name, **facts), status)

    def text(self, code: str, name: str, **facts: object) -> str:
        return self._environments[code].get_template(name).render(**facts)

    def translate(self, code: str, text: str) -> str:
        return self._catalogs[code].get(text, text)

    def add_filters(self, filters: Mapping[str, Callable[..., object]]) -> None:
        for environment in self._environments.values():
            environment.filters |= filters

    @cache  # noqa: B019  one instance a process, as many entries as files
    def static(self, path: str) -> str:
        """'venues/app.css' → its address with a hash of its content, so that it can be kept for
        ever."""
        package, _, rest = path.partition("/")
        digest = hashlib.sha256((self._folders[package] / "static" / rest).read_bytes()).hexdigest()
        return f"/static/{path}?v={digest[:10]}"


def keeper(
    request: Request[Any],
    kind: str,
    page: str,
    files: tuple[str, ...],
    modules: tuple[str, ...],
) -> Response:
    """The service worker that keeps one kind of pages, those whose path matches `page`, with their
    files (by hash) and the modules that those import. It is served from the top, as it serves what
    lies below it."""
    text = _keeper_text(request.state["pages"], language(request), kind, page, files, modules)
    headers = {"Cache-Control": "max-age=3600"}  # else every page view asks for it again
    return Response(text, 200, headers, media_type="text/javascript")


@cache
def _keeper_text(
    pages: Pages,
    code: str,
    kind: str,
    page: str,
    files: tuple[str, ...],
    modules: tuple[str, ...],
) -> str:
    hashed = [pages.static(path) for path in (*files, *modules)]
    version = hashlib.sha256("".join(hashed).encode()).hexdigest()[:10]
    shell = [*hashed[: len(files)], *(f"/static/{path}" for path in modules)]
    facts = {"kind": kind, "page": page, "shell": shell, "version": version}
    return pages.text(code, "kit/keeper.js", **facts)


def catalog(folder: Path) -> dict[str, str]:
    """Every translated message of the folder's .po files by its English text."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string and not message.fuzzy:
                    # Vietnamese has one plural form: it serves both English ones
                    ids = [message.id] if isinstance(message.id, str) else list(message.id)
                    strings = message.string
                    texts = [strings] if isinstance(strings, str) else list(strings)
                    found |= {str(i): str(texts[min(n, len(texts) - 1)]) for n, i in enumerate(ids)}
    return found


class Static(StaticFiles):
    """Files with a hash in their address are kept a year, the others asked for again."""

    def file_response(
        self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        hashed = b"v=" in scope["query_string"]
        answer.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if hashed else "no-cache"
        )
        return answer


def wants_html(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")
