"""Ways to spoil what is known of coupons in hand, each with the law that must find it."""

from tests.store.corruptions import PURSES, spoilt

COUPONS = "coupons stand where the log left them, each move under a key"
EXTENDED = "extended coupons stay extended"

COUPON_CORRUPTIONS = {
    "a coupon redeemed without a word": spoilt(
        COUPONS,
        "update coupon set state = 'redeemed' where claim_id = :released",
        says="cpn_{released} is redeemed after 2 moves, by the log it is issued after 2, 2 of",
    ),
    "a redemption taken back without a word": spoilt(
        COUPONS,
        "update coupon set state = 'issued', revision = null where claim_id = :redeemed",
        says="cpn_{redeemed} is issued after 0 moves, by the log it is redeemed after 2, 2 of",
    ),
    "a revocation lost": spoilt(
        COUPONS,
        "delete from event where kind = 'coupon.revoked'",
        says="cpn_{revoked} is revoked after 2 moves, by the log it is reserved after 1, 2 of",
    ),
    "the key of a redemption lost": spoilt(
        COUPONS,
        "delete from coupon_act where claim_id = :redeemed and verb = 'redeem'",
        says="cpn_{redeemed} is redeemed after 2 moves, by the log it is redeemed after 2, 1 of",
    ),
    "a key that redeemed nothing": spoilt(
        COUPONS,
        "update coupon_act set claim_id = :nobody where verb = 'rollback'",
        says="cpn_",
    ),
    "an extension taken back": spoilt(
        EXTENDED,
        "update campaign set terms = replace(terms, 'floor', 'ceiling') where id = 'till'",
        says="till promised to be valid until",
    ),
    "a coupon's money moved twice": spoilt(
        PURSES,
        "update stripe set redeemed = redeemed + 2500, issued = issued - 2500"
        " where campaign = 'till' and number = 0",
        says="till 0 issued: the ledger says",
    ),
}
