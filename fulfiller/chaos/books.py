"""The books: everything a store holds once it has been drained, as the checker reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.code import CodeKey
from fulfiller.store.audit import Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Books(Audit):
    """Every table that says what became of claims, coupons, money and modes, and what was seen.

    `keys` are those that codes were made with; `captured` is what was seen of broker, logs and
    metrics, where no code may ever be.
    """

    keys: Mapping[int, CodeKey] = field(default_factory=dict)
    captured: Sequence[bytes] = ()
