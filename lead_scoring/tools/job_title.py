"""Reads job titles by a list of words: no database in here."""

import re
import unicodedata
from collections import defaultdict
from typing import NamedTuple

MAX_LENGTH = 256
"""How much of a title is read."""
STAR_FROM = 3
"""So many letters there are before the star of a word."""
APOSTROPHES = str.maketrans("", "", "'`’‘ʼ′")
LONE_LETTER = re.compile(r"\b(\w)\.(?=\w\b)")
"""The dots of «C.E.O.»"""
BREAK = re.compile(r"[,;:|/\\()\[\]+•·–—\n]|\s-|-\s")
"""What no phrase goes across: «accountant, head of sales» is no «accountant head»."""
BETWEEN = re.compile(r"(?:[^\w/*]|_)+")


class Word(NamedTuple):
    """A word or phrase of the list, and what it says of a title that has it.

    :ivar name: as people write it; ``*`` ends a word of which the rest does not matter
    :ivar rank: None where it says nothing on the rank
    :ivar department: likewise
    :ivar prevails: whether other words of the title say nothing on the rank
    """

    name: str
    rank: str | None
    department: str | None
    prevails: bool


class Token(NamedTuple):
    """One word of a title or phrase.

    :ivar text: in lower case
    :ivar plain: the same without accents
    """

    text: str
    plain: str

    def stands_for(self, other):
        """Whether this word of a phrase is the word ``other`` of a title. With accents
        it stands for itself and for how it is written without them; without, for the
        same with any.
        """
        if self.plain == self.text:
            text, written = self.plain, other.plain
        else:
            written = other.text
            text = self.plain if other.plain == written else self.text
        return written.startswith(text[:-1]) if text[-1] == "*" else written == text


def normalize(text):
    """Return ``text`` as titles are compared: in lower case, one blank between words,
    ``/`` where a phrase ends, accents and ``*`` kept.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_LENGTH]).casefold()
    # casefold takes some letters apart
    text = unicodedata.normalize("NFC", text.translate(APOSTROPHES))
    text = BREAK.sub(" / ", LONE_LETTER.sub(r"\1", text))
    return BETWEEN.sub(" ", text).strip(" /")


def split(text):
    """Return the tokens of a title or phrase, ``/`` among them."""
    return [Token(word, _plain(word)) for word in normalize(text).split()]


def _plain(word):
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word).replace("đ", "d")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _vagueness(tokens, word):
    """What phrases are sorted by, the most specific one first."""
    return -len(tokens), word.name.count("*"), -len(word.name)


class JobTitles:
    """A list of words, made ready to read many titles.

    :param words: iterable of :class:`Word`
    :param ranks: all ranks, the highest first
    """

    def __init__(self, words, ranks):
        self.height = {rank: -place for place, rank in enumerate(ranks)}
        self.phrases = defaultdict(list)
        phrases = [(split(word.name), word) for word in words]
        phrases.sort(key=lambda phrase: _vagueness(*phrase))
        for order, (tokens, word) in enumerate(phrases):
            if tokens:
                self.phrases[tokens[0].plain].append((order, tokens, word))

    def understand(self, title):
        """Return rank and department that a title tells, None for what it does not.

        Where phrases overlap, the first and longest counts. Of several ranks one that
        prevails counts, else the highest; of several departments the first.
        """
        found = self._find(split((title or "").replace("*", " ")))
        ranked = [word for word in found if word.rank]
        ranked = [word for word in ranked if word.prevails] or ranked
        rank = max((w.rank for w in ranked), key=self.height.get, default=None)
        return rank, next((w.department for w in found if w.department), None)

    def _find(self, tokens):
        """Return the words of the list in a title, in the order of the title."""
        found, place = [], 0
        while place < len(tokens):
            for _order, phrase, word in self._beginning_with(tokens[place].plain):
                part = tokens[place : place + len(phrase)]
                if len(part) == len(phrase) and all(
                    map(Token.stands_for, phrase, part)
                ):
                    found.append(word)
                    place += len(phrase)
                    break
            else:
                place += 1
        return found

    def _beginning_with(self, plain):
        """Return the phrases that may begin so, the most specific one first."""
        starts = [plain]
        starts += [f"{plain[:n]}*" for n in range(STAR_FROM, len(plain) + 1)]
        phrases = [p for start in starts for p in self.phrases.get(start, ())]
        return sorted(phrases, key=lambda phrase: phrase[0])
