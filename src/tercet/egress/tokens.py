"""What a client shows to use a guard's TCP port: a random token, as Basic or Bearer proxy authorization."""

import base64
import binascii
import hmac
import secrets

USER = "guard"


def new_token() -> str:
    """Return a fresh secret of 192 bits, safe in URLs."""
    return secrets.token_urlsafe(24)


def is_authorized(header: str | None, token: str) -> bool:
    """Tell whether a Proxy-Authorization value carries `token`."""
    scheme, _, value = (header or "").partition(" ")
    shown = value.strip()
    if scheme.lower() == "basic":
        try:
            user, _, shown = base64.b64decode(shown, validate=True).decode("latin-1").partition(":")
        except binascii.Error:
            return False
        if user != USER:
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(shown.encode("latin-1", "replace"), token.encode())
