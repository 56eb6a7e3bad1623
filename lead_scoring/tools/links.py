"""Addresses of the website, and the token that a link in a mail carries."""

import re
from urllib.parse import quote, urlsplit

PARAMETER = "lead_token"

# In an address or in HTML, where "&" is "&amp;", in HTML quoted as text even twice.
_TOKEN = re.compile(
    rf"""(?P<before>\?|&(?:amp;)*){PARAMETER}=[^&\#\s"'<>]*(?P<after>&(?:amp;)*)?"""
)
# The first part of the path of what is no page of a website: the back end, files,
# what a mail's reader does with the mail.
_NO_PAGES = {"lead_scoring", "mail", "mailing", "odoo", "unsubscribe_from_list"}
_NO_PAGES |= {"view", "web"}


def with_token(url, token):
    """Return ``url`` with the token as a parameter."""
    address, hash_sign, fragment = url.partition("#")
    separator = "&" if "?" in address else "?"
    return f"{address}{separator}{PARAMETER}={token}{hash_sign}{fragment}"


def without_token(text):
    """Return an address, or HTML full of them, without any token."""
    before = None
    while before != text:
        before = text
        text = _TOKEN.sub(lambda m: m["before"] if m["after"] else "", text)
    return text


def local_path(url):
    """Return path, query and fragment of an address of this website, as a redirection
    may give them to a browser; "/" if it is an address of anything else.

    :param url: text of any content
    """
    # Browsers ignore some control characters wherever they are, and read "\\" as "/".
    kept = "".join(c for c in url if c.isprintable() and c != "\\").strip()
    if not kept.startswith("/") or kept.startswith("//"):
        return "/"
    return quote(kept, safe="%/?#[]@!$&'()*+,;=:~", errors="replace")


def is_page(url, hosts):
    """Whether ``url`` is a page of one of the websites at ``hosts``."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    first = parts.path.strip("/").partition("/")[0]
    return (
        parts.scheme.lower() in ("http", "https")
        and parts.netloc.lower() in hosts
        and first not in _NO_PAGES
    )
