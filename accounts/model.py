"""Who acts, in which role and scope, and what can be wrong with that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.errors import Forbidden, TooMany, Unauthenticated


class Role(StrEnum):
    VENUE_STAFF = "venue_staff"
    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    TRACER = "tracer"
    VERIFIER = "verifier"
    AUDITOR = "auditor"
    ADMIN = "admin"


OFFICERS = frozenset({Role.COORDINATOR, Role.INVESTIGATOR, Role.TRACER, Role.VERIFIER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role in exactly one scope; an area is a path whose prefix is its parent, '' the country."""

    role: Role
    organisation_id: int | None = None
    venue_id: int | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a statement may touch, as its three array parameters; an empty one touches nothing."""

    organisations: list[int]
    venues: list[int]
    areas: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    id: int
    login: str
    name: str
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A device that signed up; nobody has checked who holds it."""

    person_id: int
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A paired gate device; whether it was revoked since is for its owner to look up."""

    gate_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a login attempt is judged by."""

    id: int
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A line of the operator's list; `roles` in words."""

    login: str
    name: str
    disabled_at: datetime | None
    failures: int
    roles: tuple[str, ...]


class SignInFirst(Unauthenticated):
    """Sign in first; the session or device token is missing, wrong or over."""


class WrongLogin(Unauthenticated):
    """The login or the password is wrong."""


class LoginLocked(TooMany):
    """Too many wrong passwords; try again in a few minutes."""


class RoleMissing(Forbidden):
    """This account has no role that allows this."""


class CrossSite(Forbidden):
    """The request came from another site's page."""
