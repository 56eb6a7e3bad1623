"""The mapping: a small JSON file that says what the columns of a CSV file mean.

columns   {"Column of the file": {"field": "city"}}. Besides, for each:
          "type" and "label": a custom field, created when missing (x_…)
          "values": replacements, "" for none
          "unmatched": when no record has this name: "fail", "empty" or "create"
          "text": "Enquiry {}", a text around the value
missing   values that mean nothing is known, besides the empty one
order     the column of whole numbers that grow with time
outcome   {"column": …, "won": "1", "lost": "0"}: what became of the lead; instead of
          one value, a list of some
model     what to set on the scoring model that the rules belong to
rules     name, value, domain, dimension of each rule
teams     name and minimum_score of each team that converts by score
encoding, delimiter    of the CSV file: UTF-8 and a comma, if not said

./dev quality needs the outcome alone, and takes every column that is neither in
«columns» nor in «ignore»; see evidence/table.py. Only for it are

ignore    columns to leave out: filled in after the outcome, or numbers of rows
doubtful  columns that may have been filled in afterwards: the figures are printed with
          them and without them
vendor    {"name": …, "columns": […]}: scores that another tool gave, to compare with
asked     bounds of the figures, see ASKED
"""

import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path

from ..console import DevError

TYPES = ("char", "integer", "float")
UNMATCHED = ("fail", "empty", "create")
NUMBER = int | float
OUTCOME = {"column": str, "won": object, "lost": object}
RULE = {"name": str, "value": int, "domain": list, "dimension": str}
TEAM = {"name": str, "minimum_score": NUMBER}
SCORES = ("warm_score", "hot_score", "fit_floor", "interest_floor", "margin")
MODEL = {"name": str, **dict.fromkeys(SCORES, NUMBER)}
VENDOR = {"name": str, "columns": list}
BOUNDS = ("five-fold AUC", "newest AUC", "few leads AUC", "ECE", "rules")
BOUNDS += ("AUC above vendor's", "five-fold AUC above boosting's")
BOUNDS += ("newest AUC above boosting's", "few leads AUC above boosting's")
ASKED = dict.fromkeys(BOUNDS, NUMBER)
LARGEST = 2**31 - 1
"""The largest whole number of a field."""
UNWRITABLE = re.compile(r"[\ud800-\udfff]|\\u0000")
"""Half of a character, and NUL, in JSON."""
QUOTES = '"\r\n'
"""What no delimiter can be."""


@dataclass
class Column:
    """What one column means."""

    field: str
    type: str | None = None
    label: str | None = None
    values: dict = field(default_factory=dict)
    unmatched: str = "fail"
    text: str = "{}"


@dataclass
class Mapping:
    """What the columns mean, and what scores and converts the leads."""

    columns: dict
    missing: list = field(default_factory=list)
    order: str | None = None
    outcome: dict = field(default_factory=dict)
    model: dict = field(default_factory=dict)
    rules: list = field(default_factory=list)
    teams: list = field(default_factory=list)
    encoding: str | None = None
    delimiter: str | None = None
    about: list = field(default_factory=list)
    ignore: list = field(default_factory=list)
    doubtful: list = field(default_factory=list)
    vendor: dict = field(default_factory=dict)
    asked: dict = field(default_factory=dict)

    def needed(self):
        """The columns that the file must have."""
        others = [self.order, self.outcome.get("column")]
        return [*self.columns, *(name for name in others if name)]


def read(path, takes_rest=False):
    """Read and check a mapping.

    :param takes_rest: the outcome is enough, for all columns are taken
    :raise DevError: what is wrong with it
    """
    path = Path(path)
    try:
        content = json.loads(content_of(path, "the mapping").decode("utf-8-sig"))
        if UNWRITABLE.search(json.dumps(content, ensure_ascii=False)):
            raise ValueError("a character that no text can have")
    except UnicodeDecodeError:
        raise DevError(f"{path} is not UTF-8: save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise DevError(f"{path} is not JSON at {where}: {error.msg}.") from None
    except RecursionError:
        raise DevError(f"{path} has too many brackets within brackets.") from None
    except ValueError as error:
        raise DevError(f"{path} can't be read: {error}.") from None
    try:
        return checked(content, takes_rest)
    except ValueError as error:
        raise DevError(f"{path}: {error}") from None


def content_of(path, what):
    """The bytes of a file.

    :raise DevError: there is no such file
    """
    if path.is_dir():
        raise DevError(f"{path} is a folder: name {what}.")
    if not path.exists():
        raise DevError(f"{path} does not exist: name {what}.")
    if not path.is_file():
        # it is read twice
        raise DevError(f"{path} is no file on a disk: save it as one first.")
    return path.read_bytes()


def checked(content, takes_rest=False):
    """The mapping that `content` describes.

    :raise ValueError: what is wrong with it
    """
    if takes_rest and isinstance(content, dict):
        content = {"columns": {}, **content}
    mapping = built(Mapping, content, "the mapping")
    if not mapping.columns and not takes_rest:
        raise ValueError("«columns» is empty: nothing would be loaded.")
    mapping.columns = {
        name: built(Column, settings, f"column «{name}»")
        for name, settings in mapping.columns.items()
    }
    targets = [column.field for column in mapping.columns.values()]
    for name, column in mapping.columns.items():
        check_column(name, column)
        if targets.count(column.field) > 1:
            raise ValueError(f"two columns go to the field «{column.field}».")
    if "name" not in targets and not takes_rest:
        raise ValueError("no column goes to the field «name», which a lead must have.")
    needs_outcome = takes_rest or bool(mapping.outcome)
    check_keys(mapping.outcome, OUTCOME, "«outcome»", required=needs_outcome)
    mapping.outcome.update(
        {key: texts(mapping.outcome[key]) for key in ("won", "lost") if needs_outcome}
    )
    check_keys(mapping.model, MODEL, "«model»", required=False)
    check_keys(mapping.vendor, VENDOR, "«vendor»", required=bool(mapping.vendor))
    check_keys(mapping.asked, ASKED, "«asked»", required=False)
    check_lists(mapping)
    for rule in mapping.rules:
        check_keys(rule, RULE, "a rule")
    for team in mapping.teams:
        check_keys(team, TEAM, "a team")
    return mapping


def check_lists(mapping):
    """Check the rest of what a CSV file is read by."""
    for key in ("missing", "ignore", "doubtful"):
        check_texts(getattr(mapping, key), f"«{key}»")
    if mapping.vendor:
        check_texts(mapping.vendor["columns"], "«columns» of the «vendor»")
    sides = [
        set(map(str.casefold, mapping.outcome.get(k, ()))) for k in ("won", "lost")
    ]
    if mapping.outcome and not all(sides):
        raise ValueError("«outcome» needs a value for «won», and one for «lost».")
    if both := set.intersection(*sides):
        raise ValueError(f"«outcome»: «{min(both)}» can't be both won and lost.")
    sign = mapping.delimiter
    if sign is not None and (len(sign) != 1 or sign in QUOTES):
        raise ValueError(f"«delimiter» is «{sign}»: it must be one sign, such as «;».")


def check_texts(values, what):
    """Check that a value of JSON is a list of texts."""
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise ValueError(f'{what} must be a list of texts: ["…"].')


def texts(values):
    """A value of JSON, or a list of some, as the texts that a CSV file has."""
    values = values if isinstance(values, list) else [values]
    values = [v if isinstance(v, str) else json.dumps(v) for v in values]
    return [value.strip() for value in values]


def built(kind, content, what):
    """An instance of the dataclass `kind` with these values."""
    if not isinstance(content, dict):
        raise ValueError(f"{what} must be an object: {{…}}.")
    known = {item.name: item for item in fields(kind)}
    for key, given in content.items():
        if key not in known:
            raise ValueError(f"{what} knows no «{key}»: {', '.join(known)}.")
        if not isinstance(given, known[key].type):
            raise ValueError(f"{what}: «{key}» has a value of the wrong kind.")
    first = next(iter(known))
    if first not in content:
        raise ValueError(f"{what} needs «{first}».")
    return kind(**content)


def check_column(name, column):
    """Check the settings of one column."""
    if column.type and column.type not in TYPES:
        raise ValueError(f"column «{name}»: «type» is one of {', '.join(TYPES)}.")
    if column.type and not column.field.startswith("x_"):
        raise ValueError(f"column «{name}»: a custom field is named x_….")
    if column.unmatched not in UNMATCHED:
        allowed = ", ".join(UNMATCHED)
        raise ValueError(f"column «{name}»: «unmatched» is one of {allowed}.")
    if not all(isinstance(value, str) for value in column.values.values()):
        raise ValueError(f'column «{name}»: «values» must be texts: {{"…": "…"}}.')
    if "{}" not in column.text:
        raise ValueError(f"column «{name}»: «text» needs {{}} where the value goes.")


def check_keys(content, keys, what, required=True):
    """Check that an object has these keys and no others.

    :param keys: ``{key: type of its value}``
    """
    if not isinstance(content, dict):
        raise ValueError(f"{what} must be an object: {{…}}.")
    unknown, missing = set(content) - set(keys), set(keys) - set(content)
    if unknown:
        raise ValueError(
            f"{what} knows no «{min(unknown)}»: {', '.join(sorted(keys))}."
        )
    if missing and required:
        raise ValueError(f"{what} needs «{min(missing)}».")
    for key, value in content.items():
        is_number = isinstance(value, NUMBER)
        if not isinstance(value, keys[key]) or is_number and not abs(value) <= LARGEST:
            raise ValueError(f"{what}: «{key}» has a value of the wrong kind.")
