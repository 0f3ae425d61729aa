"""Faults, drawn as a tree; what a caller may expect is a value of `outcome.py` instead.

FulfillerError
├── DomainError            the program was asked for something that can't be
│   ├── IllegalMove        a claim or coupon can't go from this state to that one
│   ├── InvalidCampaign    a campaign's terms contradict each other
│   ├── InvalidCode        a text is no coupon code
│   └── InvalidPatience    a patience message can't be spoken from these facts or phrases
├── StoreError             the store said no, or nothing
│   ├── Raced              somebody else was first: read again and decide again
│   ├── StoreUnavailable   nothing was written, or nobody can tell whether it was
│   └── Deposed            a keeper wrote with the epoch of a lease it no longer holds
└── SettingError           a setting is unknown, missing or out of range
"""


class FulfillerError(Exception):
    """Anything of ours that goes wrong; catch this to catch all of it."""


class DomainError(FulfillerError):
    """The program was asked for something that the domain does not allow."""


class IllegalMove(DomainError):
    """A claim or coupon can't go from this state to that one."""

    def __init__(self, noun: str, old: str, new: str) -> None:
        """Name the noun and both states."""
        super().__init__(f"a {noun} can't go from {old} to {new}")


class InvalidCampaign(DomainError):
    """A campaign's terms contradict each other; `field` names the one to mend."""

    def __init__(self, field: str, problem: str) -> None:
        """Name the field and say what is wrong with it."""
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class InvalidCode(DomainError):
    """A text is no coupon code: wrong length, wrong symbols or wrong check symbols."""


class InvalidPatience(DomainError):
    """A patience message can't be spoken: `field` names the fact or phrase to mend.

    `book` names the file of the phrase; facts have none.
    """

    def __init__(self, field: str, problem: str, book: str = "") -> None:
        """Name the book and the field and say what is wrong with it."""
        self.field = field
        self.problem = problem
        self.book = book
        super().__init__(": ".join(filter(None, (book, field, problem))))


class StoreError(FulfillerError):
    """The store refused a step or did not answer."""


class Raced(StoreError):
    """Somebody else was first, and nothing was written: read again and decide again.

    `over` names the constraint that said so, where one did.
    """

    def __init__(self, message: str, over: str | None = None) -> None:
        """Keep the constraint's name beside the message."""
        self.over = over
        super().__init__(message)


class StoreUnavailable(StoreError):
    """The store did not answer; whether the last step was committed is unknown.

    Every verb may be run again after it: re-running changes nothing that is already done.
    """


class Deposed(StoreError):
    """A keeper wrote with the epoch of a lease that it no longer holds."""


class SettingError(FulfillerError):
    """A setting is unknown, missing or out of range; the message names it and the remedy."""
