"""Ways to spoil what is known of modes, each with the law that must find it."""

from tests.store.corruptions import spoilt

MODES = "modes stand where the log left them"
VERDICTS = "every verdict of a breaker can be replayed"

MODE_CORRUPTIONS = {
    "a mode that moved behind the log": spoilt(
        MODES,
        "update mode set mode = 'paused' where scope = 'rush'",
        says="rush is paused, by the log it is flowing and not held",
    ),
    "a hold that nobody ordered": spoilt(
        MODES,
        "update mode set held = true where scope = 'till'",
        says="till is flowing, by the log it is flowing and not held",
    ),
    "a reading touched up": spoilt(
        VERDICTS,
        "update event set detail = replace(detail, '\"backlog\"\\:2', '\"backlog\"\\:1')"
        " where kind = 'mode.paused'",
        says="mode.paused of rush comes out another way",
    ),
    "a decision without its readings": spoilt(
        VERDICTS,
        "update event set detail = '' where kind = 'mode.ramping'",
        says="mode.ramping of rush has no verdict",
    ),
    "a move that is missing": spoilt(
        VERDICTS,
        "delete from event where kind = 'mode.ramping'",
        says="mode.flowing of rush does not follow the one before",
    ),
}
