"""Progress on a terminal and elsewhere, under a clock of the test's own."""

from __future__ import annotations

import io

import pytest

from kit.progress import Progress, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Watch:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def run(out: io.StringIO, *seconds: float) -> str:
    """A progress of as many steps as `seconds`, each that long."""
    watch = Watch()
    shown = Progress("Making the city", len(seconds), out=out, clock=watch)
    for second in seconds:
        watch.now += second
        shown.advance()
    shown.finish()
    return out.getvalue()


def test_what_takes_less_than_two_seconds_shows_nothing() -> None:
    assert run(io.StringIO(), 0.5, 0.5, 0.9) == ""
    assert run(Terminal(), 0.5, 0.5, 0.9) == ""


def test_a_file_gets_plain_lines_and_not_too_many() -> None:
    # given 100 steps of 0.1 s: ten seconds
    lines = run(io.StringIO(), *[0.1] * 100).splitlines()
    # then a line every two seconds and a last one, and no control characters
    assert len(lines) in (5, 6)
    assert lines[0] in ("Making the city: 20%", "Making the city: 21%")
    assert lines[-1] == "Making the city: done in 10 s"
    assert all(line.isprintable() for line in lines)


def test_a_terminal_gets_one_line_that_is_drawn_again() -> None:
    shown = run(Terminal(), 2.5, 2.5)
    first, second, last = shown.split("\r")[1:]
    assert first == f"Making the city [{'#' * 15}{'.' * 15}]  50%\x1b[K"
    assert second == f"Making the city [{'#' * 30}] 100%\x1b[K"
    assert last == "Making the city: done in 5 s\x1b[K\n"


def test_more_steps_than_said_stay_at_all_of_it() -> None:
    watch, out = Watch(), io.StringIO()
    shown = Progress("Loading", 2, out=out, clock=watch)
    watch.now += 3
    shown.advance(5)
    assert out.getvalue() == "Loading: 100%\n"


def test_what_is_broken_off_is_not_reported_as_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a bar that is shown on stderr
    out = Terminal()
    monkeypatch.setattr("sys.stderr", out)
    monkeypatch.setattr("kit.progress.QUIET_SECONDS", 0.0)

    def fails() -> None:
        with progress("Loading", 2) as shown:
            shown.advance()
            raise KeyboardInterrupt

    # when Ctrl-C ends the work
    with pytest.raises(KeyboardInterrupt):
        fails()
    # then the line is ended, and nothing says done
    assert "50%" in out.getvalue()
    assert out.getvalue().endswith("\n")
    assert "done" not in out.getvalue()
