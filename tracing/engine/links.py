"""Which records are of the same human being."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tracing.engine.columns import Ints, among, distinct, ints, one_of


class Links:
    """The least id of all records that links join, however far, stands for the human being."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        found = list(pairs)
        one, other = ints(pair[0] for pair in found), ints(pair[1] for pair in found)
        self.people = distinct(np.concatenate((one, other)))
        self.human = self.people.copy()
        a, b = np.searchsorted(self.people, one), np.searchsorted(self.people, other)
        before = None
        while before is None or (before != self.human).any():
            before = self.human.copy()
            least = np.minimum(self.human[a], self.human[b])
            np.minimum.at(self.human, a, least)
            np.minimum.at(self.human, b, least)

    def humans(self) -> dict[int, int]:
        return dict(zip(self.people.tolist(), self.human.tolist(), strict=True))

    def records(self, people: Ints) -> Ints:
        """All records of the same human beings, each once."""
        place, linked = among(people, self.people)
        if not linked.any():
            return distinct(people)
        same = one_of(self.human, self.human[place[linked]])
        return distinct(np.concatenate((people, self.people[same])))
