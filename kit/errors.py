"""Problems (RFC 9457): the base class says the status, the class name the type, the docstring the
title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Something went wrong that the caller can understand."""

    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.title())
        self.detail = detail
        self.facts = facts

    # Kept: a service that refuses thousands a second says little else.
    @classmethod
    @cache
    def slug(cls) -> str:
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    @cache
    def title(cls) -> str:
        return " ".join((cls.__doc__ or cls.__name__).split())

    def headers(self) -> dict[str, str]:
        """`retry_after` (seconds) among the facts becomes the header of that name."""
        after = self.facts.get("retry_after")
        return {} if after is None else {"Retry-After": str(after)}

    def body(self) -> dict[str, object]:
        about = {"type": f"/problems/{self.slug()}", "title": self.title(), "status": self.status}
        said = {"detail": self.detail} if self.detail else {}
        return {**about, **said, **self.facts}


class BadRequest(Problem):
    """The request cannot be understood."""

    status = 400


class Unauthenticated(Problem):
    """Sign in first."""

    status = 401


class Forbidden(Problem):
    """This account may not do that."""

    status = 403


class NotFound(Problem):
    """There is no such thing here, or it is not yours."""

    status = 404


class MethodNotAllowed(Problem):
    """This address does not take that method."""

    status = 405


class Conflict(Problem):
    """That does not fit what is already there."""

    status = 409


class Gone(Problem):
    """That is no longer valid."""

    status = 410


class TooLarge(Problem):
    """The request is larger than this address takes."""

    status = 413


class Unsupported(Problem):
    """Send application/json."""

    status = 415


class Unprocessable(Problem):
    """The request is well formed, but what it says cannot be so."""

    status = 422


class TooMany(Problem):
    """Too many attempts; try again later."""

    status = 429


class Unavailable(Problem):
    """The service cannot answer just now; nothing was lost, send the same again."""

    status = 503


class InternalError(Problem):
    """Something failed on our side; the request id finds it in the log."""

    status = 500


def every_problem(base: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """All classes below `base`, in definition order; documents and tests are made from it."""
    for cls in base.__subclasses__():
        yield cls
        yield from every_problem(cls)
