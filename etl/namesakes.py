"""Which reviewed places are called nearly as a candidate is."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from etl.lexicon import Lexicon
from etl.mentions import Candidate
from etl.proposals import Reviewed

_MOST = 3
_LEAST_LIKENESS = 0.45


class Namesakes:
    """Reviewed places, to be asked for those with the most similar names.

    Likeness is that of `difflib`, which is slow: it is only worked out where the letters that two names have
    in common, in whatever order, allow it to be among the best.
    """

    def __init__(self, places: Sequence[Reviewed], words: Lexicon) -> None:
        self._places, self._words = places, words
        spelt = [(at, name) for at, place in enumerate(places) for name in sorted(place.spellings)]
        self._owners = [at for at, _ in spelt]
        self._matchers = [SequenceMatcher(None, "", name) for _, name in spelt]
        self._lengths = np.array([len(name) for _, name in spelt])
        self._columns = {letter: at for at, letter in enumerate(sorted({*"".join(n for _, n in spelt)}))}
        self._counts = np.zeros((len(spelt), len(self._columns)), dtype=np.int32)
        for row, (_, name) in enumerate(spelt):
            for letter, many in Counter(name).items():
                self._counts[row, self._columns[letter]] = many

    def of(self, candidate: Candidate) -> tuple[Reviewed, ...]:
        """The places called most like a candidate, the nearest first."""
        mine = self._words.comparable(candidate.name)
        at_most = self._at_most(mine)
        found: dict[int, float] = {}
        least = _LEAST_LIKENESS
        for row in np.argsort(-at_most, kind="stable").tolist():
            if at_most[row] < least:
                break
            self._matchers[row].set_seq1(mine)
            likeness = self._matchers[row].ratio()
            if likeness >= least:
                at = self._owners[row]
                found[at] = max(likeness, found.get(at, 0.0))
                best = heapq.nlargest(_MOST, found.values())
                least = best[-1] if len(best) == _MOST else least
        nearest = sorted(found, key=lambda at: (-found[at], at))[:_MOST]
        return tuple(self._places[at] for at in nearest)

    def _at_most(self, mine: str) -> np.ndarray:
        """How like a name each spelling can be: by the letters that both have."""
        known = {self._columns[one]: many for one, many in Counter(mine).items() if one in self._columns}
        both = np.minimum(self._counts[:, list(known)], list(known.values())).sum(axis=1)
        bounds: np.ndarray = 2.0 * both / np.maximum(self._lengths + len(mine), 1)
        return bounds
