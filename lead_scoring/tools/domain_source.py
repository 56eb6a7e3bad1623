"""The text of a domain, and how to mend it where it isn't even Python."""

import re

STRING = (
    r"(?:(?<!\w)[bfruBFRU]{1,2})?"
    r"(?:'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")"
)

# What word processors and web pages make of quotes and spaces
TYPOGRAPHIC = re.compile(
    rf"(?P<straight>{STRING})"
    r"|[“”„«»](?P<double>[^“”„«»\"\n]*)[“”«»\"]"
    r"|[‘’‚‹›`´](?P<single>[^‘’‚‹›`´'\n]*)[‘’‹›`´']"
    r"|[\u00a0\u2000-\u200d\u202f\u2060\u3000\ufeff]"
)

# A string in single quotes that has one inside, as in 'Côte d'Ivoire'
APOSTROPHE = re.compile(
    r"[,(\[]\s*'(?P<text>[^\",()\[\]\n]*'[^\",()\[\]\n]*)'(?=\s*[,)\]])"
)

# The patterns below are for Source.masked, where a string is \x01\x00…\x00
OPERATOR = (
    r"(?P<operator>(?:\bnot\s+)?(?:=i?like\b|\b(?:i?like|in|any)\b)"
    r"|\b(?:child|parent)_of\b|\bis(?:\s+not)?\b|[=<>!]+\??|[≠≥≤])"
)
OPERATOR_UNQUOTED = (
    re.compile(rf",\s*{OPERATOR}\s*,\s*", re.IGNORECASE),
    # the commas are missing, too
    re.compile(
        rf"(?<=[\x00\w])\s*,?\s*{OPERATOR}\s*,?\s*(?=[\x01\w\[(-])", re.IGNORECASE
    ),
)
COMMA_MISSING = re.compile(r"(?<=[\])\x00])\s*(?=[\[(\x01\w])|(?<=\w)\s*(?=\x01)")


class DomainTextError(ValueError):
    """A text that is not a domain.

    :ivar problem: what kind of mistake it is, a stable code
    :ivar where: the fragment of the text concerned
    :ivar suggestion: the whole text corrected, which parses, or None
    """

    def __init__(self, problem, where="", suggestion=None):
        super().__init__(f"{problem}: {where}")
        self.problem = problem
        self.where = where
        self.suggestion = suggestion


class Source:
    """A text, and where in it the nodes of its syntax tree are."""

    def __init__(self, text):
        self.text = text
        # same length, with no string that could be taken for code
        self.masked = re.sub(
            STRING, lambda found: "\x01" + "\x00" * (len(found[0]) - 1), text
        )

    def _index(self, line, column):
        """Return the position of a line and a column, which Python counts in bytes."""
        start = 0
        for _line in range(line - 1):
            start = self.text.index("\n", start) + 1
        return start + len(self.text[start:].encode()[:column].decode())

    def _span(self, node):
        start = self._index(node.lineno, node.col_offset)
        return start, self._index(node.end_lineno, node.end_col_offset)

    def text_of(self, node):
        """Return the text of ``node``."""
        start, end = self._span(node)
        return self.text[start:end]

    def list_of(self, nodes):
        """Return the text of a list of ``nodes``."""
        return f"[{', '.join(map(self.text_of, nodes))}]"

    def replace(self, span, replacement):
        """Return the text with ``replacement`` in that span."""
        start, end = span
        return self.text[:start] + replacement + self.text[end:]

    def mistake(self, problem, node, replacement=None):
        """Return the error of ``node``, which ``replacement`` in its place mends."""
        suggestion = None
        if replacement is not None:
            suggestion = self.replace(self._span(node), replacement)
        return DomainTextError(problem, self.text_of(node), suggestion)

    def syntax_mistake(self, offset):
        """Return the likeliest mistake in a text that isn't Python.

        :param offset: where Python gave up reading
        """
        straight = TYPOGRAPHIC.sub(_straighten, self.text)
        if straight != self.text:
            found = TYPOGRAPHIC.finditer(self.text)
            odd = next(match[0] for match in found if match["straight"] is None)
            return DomainTextError("typographic", odd, straight)
        return (
            self._missing_quote()
            or self._missing_bracket()
            or self.unquoted_operator()
            or self.missing_comma()
            or DomainTextError("syntax", self.text[offset:] or self.text)
        )

    def unquoted_operator(self):
        """Return the mistake of the first operator without quotes, or None."""
        for pattern in OPERATOR_UNQUOTED:
            if found := pattern.search(self.masked):
                operator = " ".join(found["operator"].split())
                suggestion = self.replace(found.span(), f", {operator!r}, ")
                return DomainTextError("unquoted_operator", operator, suggestion)
        return None

    def missing_comma(self):
        """Return the mistake of the first comma left out, or None."""
        found = COMMA_MISSING.search(self.masked)
        if not found:
            return None
        around = self.text[max(0, found.start() - 20) : found.end() + 20]
        suggestion = self.replace(found.span(), ", ")
        return DomainTextError("missing_comma", around, suggestion)

    def _missing_quote(self):
        """Return the mistake of a quote without partner, or None."""
        found = re.search("['\"]", self.masked)
        if not found:
            return None
        if inside := APOSTROPHE.search(self.text):
            text = inside["text"]
            start, end = inside.span("text")
            suggestion = self.replace((start - 1, end + 1), f'"{text}"')
            return DomainTextError("missing_quote", f"'{text}'", suggestion)
        return DomainTextError("missing_quote", self.text[found.start() :])

    def _missing_bracket(self):
        """Return the mistake of brackets that don't pair, or None: those left open get
        closed, those that close nothing are left out.
        """
        to_close, paired = [], []
        for char, mark in zip(self.text, self.masked, strict=True):
            if closing := {"(": ")", "[": "]", "{": "}"}.get(mark):
                to_close.append(closing)
            elif mark in (")", "]", "}"):
                if mark not in to_close:
                    continue
                while (closing := to_close.pop()) != mark:
                    paired.append(closing)
            paired.append(char)
        suggestion = "".join(paired + to_close[::-1])
        if suggestion == self.text:
            return None
        return DomainTextError("missing_bracket", self.text, suggestion)


def _straighten(match):
    """Return straight quotes for typographic ones, a space for any other space."""
    if match["straight"] is not None:
        return match[0]
    quoted = match["double"] if match["single"] is None else match["single"]
    return " " if quoted is None else repr(quoted.strip())
