"""Language tags (BCP 47): what a person wishes, and what comes close to it.

Headers come from strangers: what is malformed is passed over, and what is long is cut.
"""

import re
from functools import lru_cache

HEADER_MAX = 1_000
WISHES_MAX = 32
TAG_MAX = 35
"""The longest tag that RFC 5646 asks anybody to take."""
ANY = "*"
TAG = re.compile(
    r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-[a-z0-9]{1,8})*",
    re.IGNORECASE | re.ASCII,
)
WISH = re.compile(
    r"\s*([a-z0-9_*-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.IGNORECASE | re.ASCII,
)
CHINESE = ("Hans", "Hant")
TRADITIONAL = frozenset({"TW", "HK", "MO"})
CANTONESE = "yue"
READ_AS_CHINESE = frozenset({"zh", "cmn", CANTONESE})


def canonical(tag: str) -> str | None:
    """Return a tag as it is written, zh-Hant-HK; None if it is none. Variants are dropped."""
    parts = _parts(tag)
    return None if parts is None else "-".join(filter(None, parts))


@lru_cache(1024)
def nearest(tag: str) -> tuple[str, ...]:
    """Return a wished tag and what comes close, the closest first; nothing for what is no tag."""
    parts = _parts(tag)
    if parts is None:
        return ()
    language, script, region = parts
    if language in READ_AS_CHINESE:
        return _nearest_chinese(language, script, region)
    return _written((language, script, region), (language, script), (language, "", region))


def wishes(accept_language: str) -> list[str]:
    """Return the tags of an Accept-Language header, the most wished first; 0 is no wish."""
    if len(accept_language) > HEADER_MAX:
        # What is cut in two would be another wish.
        accept_language = accept_language[:HEADER_MAX].rpartition(",")[0]
    return list(_wishes(accept_language))


@lru_cache(1024)
def _wishes(header: str) -> tuple[str, ...]:
    found = [WISH.fullmatch(part) for part in header.split(",", WISHES_MAX)[:WISHES_MAX]]
    weighed = [(float(wish[2] or 1), wish[1]) for wish in found if wish]
    ordered = sorted((pair for pair in weighed if pair[0] > 0), key=lambda pair: -pair[0])
    return tuple(tag for _, tag in ordered)


def _parts(tag: str) -> tuple[str, str, str] | None:
    """Return language, script and region of a tag, with underscores or hyphens."""
    found = TAG.fullmatch(tag.replace("_", "-")) if len(tag) <= TAG_MAX else None
    if found is None:
        return None
    return found[1].lower(), (found[2] or "").title(), (found[3] or "").upper()


def _nearest_chinese(language: str, script: str, region: str) -> tuple[str, ...]:
    """Return Chinese in the script of the region, and then in the other: both can be read."""
    traditional = region in TRADITIONAL or language == CANTONESE
    wanted = script if script in CHINESE else CHINESE[traditional]
    other = CHINESE[wanted == CHINESE[0]]
    return _written(
        ("zh", wanted, region), ("zh", "", region), ("zh", wanted), ("zh",), ("zh", other)
    )


def _written(*choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return each choice as a tag, once, and at last the mere language."""
    tags = ["-".join(filter(None, parts)) for parts in (*choices, choices[0][:1])]
    return tuple(dict.fromkeys(tags))
