"""What a browser may load and do on our pages: only what Flower itself serves, nothing inline."""

RULES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Bootstrap, which is Flower's own, draws its small pictures from data.
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "; ".join(f"{kind} {what}" for kind, what in RULES.items()),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
