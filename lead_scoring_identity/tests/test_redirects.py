from urllib.parse import quote, urljoin, urlsplit

from odoo.tests import tagged

from odoo.addons.lead_scoring.models.website.ir_http import VISIT_PATH
from odoo.addons.lead_scoring.tests.common_website import WebsiteCommon

HOST = "evil.example"
BEFORE_HOST = (
    # slashes, and what browsers read as such
    "//",
    "///",
    "////",
    "/////",
    "\\\\",
    "\\",
    "/\\",
    "\\/",
    "/\\/",
    "/\\\\",
    "\\\\/",
    "\\/\\/",
    "//\\",
    # what browsers ignore
    "/\t/",
    "/\n/",
    "/\r/",
    "/\r\n/",
    "/\t\n\r/",
    "\t//",
    "\n//",
    "\r\n//",
    "/\t\\",
    "\t/\t/",
    "/\x0b/",
    "/\x0c/",
    "/\x00/",
    "\x00//",
    "\x01//",
    "\x1f//",
    "/\x7f/",
    "/\x85/",
    " //",
    "   //",
    " /\\",
    "/ /",
    # characters of Unicode that look like slashes, spaces or nothing
    "/\u2215",
    "/\u2044",
    "/\uff0f",
    "\uff0f\uff0f",
    "/\uff3c",
    "/\u29f5",
    "\u00a0//",
    "/\u00a0/",
    "\u3000//",
    "\u200b//",
    "/\u200b/",
    "/\u200d/",
    "/\u2028/",
    "/\u202e/",
    "\ufeff//",
    "/\ufeff/",
    "/\u00ad/",
    # written once more
    "/%09/",
    "/%0a/",
    "/%0d/",
    "/%00/",
    "/%20/",
    "/%2f/",
    "/%2f%2f",
    "%2f%2f",
    "/%5c",
    "%5c%5c",
    "/%255c",
    "/%252f",
    "/%e2%80%8b/",
    # other schemes
    "https://",
    "https:/",
    "https:",
    "https:\\\\",
    "http:///",
    "HTTPS://",
    "ht\ttps://",
    "\thttps://",
    "https:////",
    "ftp://",
    "javascript://",
    "java\nscript:alert(1)//",
    "data:text/html,",
    "x:",
    "://",
    ":",
    # dots, languages and users
    "/.//",
    "/..//",
    "/./\\",
    "./\\",
    "/x/..//",
    "/en//",
    "/en/\\",
    "/en/\t/",
    "/fr//",
    "/fr/%09/",
    "/@",
    "//@",
    "//a.example@",
    "https://a.example@",
    "/;//",
    "?//",
    "/?//",
    "/#//",
    "#//",
    ".",
    "@",
    # a token, which is taken out
    "/&lead_token=\t/",
    "/&lead_token= /",
    "/&lead_token=x&/",
    "/?lead_token=x&/",
    "/\\&lead_token='/",
)


def browser_host(base, location):
    """The host that a browser opens, as the URL standard of the WHATWG has it."""
    location = location.strip("".join(map(chr, range(33))))
    location = location.translate({ord(c): None for c in "\t\n\r"})
    scheme, colon, rest = location.partition(":")
    if colon and scheme.isascii() and scheme.isalpha():
        return rest.replace("\\", "/").lstrip("/").partition("/")[0]
    location = location.partition("?")[0].partition("#")[0].replace("\\", "/")
    if location.startswith("//"):
        return location.lstrip("/").partition("/")[0].rpartition("@")[2]
    return urlsplit(base).netloc


@tagged("post_install", "-at_install")
class TestRedirects(WebsiteCommon):
    """No address leads from our route to another website."""

    def _location(self, path):
        response = self.opener.get(
            self.base_url() + path, allow_redirects=False, timeout=20
        )
        self.assertEqual(response.status_code, 303)
        return response.headers["Location"]

    def assertStays(self, location):
        base = self.base_url() + VISIT_PATH
        own = urlsplit(base).netloc
        self.assertTrue(location.isascii() and location.isprintable(), location)
        self.assertEqual(urlsplit(urljoin(base, location)).netloc, own, location)
        self.assertEqual(browser_host(base, location), own, location)
        self.assertRegex(location, r"^/(?![/\\])")

    def test_hostile_targets(self):
        for before in BEFORE_HOST:
            for target in (f"{before}{HOST}", f"{before}{HOST}/%2f.."):
                with self.subTest(target=target):
                    query = f"?to={quote(target, safe='', errors='replace')}"
                    self.assertStays(self._location(VISIT_PATH + query))

    def test_hostile_targets_in_several_languages(self):
        """Odoo takes the default language out of an address."""
        french = self.env["res.lang"]._activate_lang("fr_FR")
        self.website.language_ids += french
        for target in (f"/en//{HOST}", f"/en/\t/{HOST}", f"/fr//{HOST}", "/en", "/en/"):
            with self.subTest(target=target):
                query = f"?to={quote(target, safe='')}"
                self.assertStays(self._location(VISIT_PATH + query))

    def test_addresses_with_a_token(self):
        """The address is asked for, and our route sent to from there."""
        for path in ("", f"//{HOST}/", f"//{HOST}/..", f"/%09/{HOST}", f"/%5c{HOST}"):
            with self.subTest(path=path):
                response = self.opener.get(
                    f"{self.base_url()}{path}?lead_token=1-x",
                    allow_redirects=False,
                    timeout=20,
                )
                for _hop in range(3):
                    location = response.headers.get("Location")
                    if not location:
                        break
                    own = urlsplit(self.base_url()).netloc
                    target = urljoin(response.url, location)
                    self.assertEqual(browser_host(target, location), own, location)
                    response = self.opener.get(target, allow_redirects=False)

    def test_good_targets_are_kept(self):
        for target, location in (
            ("/pricing?a=1&b=%20c#top", "/pricing?a=1&b=%20c#top"),
            ("/fr/prix", "/fr/prix"),
            ("/ціни", quote("/ціни")),
            ("/a b", "/a%20b"),
            ("/a?next=https://a.example/", "/a?next=https://a.example/"),
            ("", "/"),
        ):
            with self.subTest(target=target):
                query = f"?to={quote(target, safe='')}"
                self.assertEqual(self._location(VISIT_PATH + query), location)

    def test_parameter_that_no_route_takes(self):
        with self.assertNoLogs("odoo.http", "ERROR"):
            self.assertEqual(self._location(f"{VISIT_PATH}?self=1"), "/")
