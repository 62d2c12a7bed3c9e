"""The short way of the busy endpoints."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from kit import errors
from kit.envelope import new_request_id, raw, tell, unexpected
from kit.http import Endpoint, Guard, problem_response, serving


class Direct:
    """The busy endpoints, which answer JSON alone, before everything else: the middlewares and the
    walk along a hundred routes would cost a scan more than the rest of its way."""

    def __init__(
        self, app: ASGIApp, endpoints: Sequence[Endpoint], guard: Guard, headers: Mapping[str, str]
    ) -> None:
        self.app = app
        self.serving = {(e.method, e.path): serving(e, guard) for e in endpoints if e.busy}
        self.headers = raw(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serve = self.serving.get((scope.get("method", ""), scope.get("path", "")))
        if serve is None:
            await self.app(scope, receive, send)
            return
        request_id, started = new_request_id(), time.perf_counter()
        try:
            answer = await serve(Request(scope, receive))
        except errors.Problem as wrong:
            scope["chot.problem"] = wrong.slug()
            answer = problem_response(wrong)
        except Exception:
            answer = unexpected(request_id)
        answer.raw_headers += [(b"x-request-id", request_id.encode()), *self.headers]
        await answer(scope, receive, send)
        tell(scope, request_id, answer.status_code, started)
