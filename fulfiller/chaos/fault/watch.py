"""Watching for an effect: what was seen once is remembered."""

from abc import abstractmethod

from fulfiller.chaos.fault.fault import Wound


class Watched(Wound):
    """A wound that remembers what was seen of it.

    An effect may be over when somebody asks: one that lasts is looked for a last time right
    before it is healed.
    """

    _words: str | None = None

    def seen(self) -> str | None:
        """Return what was observed, now or before."""
        if self._words is None:
            self._words = self.look()
        return self._words

    def heal(self) -> None:
        """Look once more, then undo what lasts."""
        try:
            self.seen()
        finally:
            self.undo()

    @abstractmethod
    def look(self) -> str | None:
        """Return what is to be seen of the effect now, None if nothing is."""

    def undo(self) -> None:
        """Undo what lasts; nothing does by default."""
