"""What stands for personal data: a token that tells one person from another, and nothing else.

A cell becomes the first 32 hexadecimal digits of HMAC-SHA-256 (RFC 2104) of its text under a
problem's own secret: the same person keeps the same token within a problem, whatever the file,
stream or request it comes by; tokens of two problems cannot be joined, and without the secret
nobody can try all telephone numbers. 128 bits leave no collisions to think of.
"""

from __future__ import annotations

import hashlib
import hmac

DIGITS = 32


def token(text: str, key: bytes) -> str:
    """What stands for a cell's text.

    Args:
        text: the cell; blanks around it make no other person.
        key: the problem's secret.
    """
    return hmac.new(key, text.strip(" ").encode(), hashlib.sha256).hexdigest()[:DIGITS]
