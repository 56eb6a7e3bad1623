"""docs/odoo_api.rst is true of the installed Odoo, and complete for our add-ons."""

import ast
import importlib
import inspect
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
from docutils import core, nodes

from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name

from scripts import addons, source
from scripts.paths import ROOT

PAGE = ROOT / "docs" / "odoo_api.rst"
ODOO = source.given() / "odoo"
# The add-ons of Odoo that ours stand on, and what those stand on where we use it.
STANDARD = """base web mail crm sales_team website website_crm utm digest resource
calendar mass_mailing mass_mailing_crm link_tracker sms crm_sms base_automation
website_blog sale crm_iap_enrich""".split()
OURS = tuple(addons.names())

# Names with an underscore that the page need not have, and why.
DOCUMENTED = "Odoo's documentation for developers describes it"
USUAL = "so many add-ons use it that Odoo does not change it without a word"
LEFT_OUT = {
    "_commit_progress": DOCUMENTED,
    "_compute_display_name": USUAL,
    "_description": DOCUMENTED,
    "_fields": USUAL,
    "_for_xml_id": USUAL,
    "_name": DOCUMENTED,
    "_origin": USUAL,
    "_read_group": DOCUMENTED,
    "_rec_name": DOCUMENTED,
    "_rec_names_search": USUAL,
    "_table": DOCUMENTED,
    "_table_query": USUAL,
    "_trigger": DOCUMENTED,
}
# Context keys that the page need not have, likewise.
LEFT_OUT_KEYS = {
    "active_id": USUAL,
    "active_ids": USUAL,
    "active_test": USUAL,
    "allowed_company_ids": USUAL,
    "lang": USUAL,
    "tz": USUAL,
}
# Tables that the page need not have, likewise.
LEFT_OUT_TABLES = {"crm_lead": "what all this is about: each test of a query reads it"}
# Constants of Odoo that the page need not have, likewise.
LEFT_OUT_CONSTANTS = {"SQL": DOCUMENTED, "SUPERUSER_ID": USUAL}

DEFINITION = re.compile(
    r"""^[ \t]*(?:async[ ])?(?:def|class)[ ](_\w+)
    | ^[ \t]*(?:self\.|cls\.)?(_[a-z]\w*)[ ]*(?::[^=\n]+)?=(?!=)""",
    re.MULTILINE | re.VERBOSE,
)
TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+([a-z_]+)\b")


class Row(NamedTuple):
    """A row of a table of the page; ``where`` as pairs of add-on and file."""

    path: str
    form: str
    where: tuple

    @property
    def name(self):
        return self.path.rpartition(".")[2]


def read_page():
    """The rows of all tables of the page but their headers.

    :raise ValueError: for a row without four cells
    """
    settings = {"report_level": 2, "halt_level": 2}
    document = core.publish_doctree(PAGE.read_text(), settings_overrides=settings)
    for body in document.findall(nodes.tbody):
        for row in body:
            path, form, where, _why = (" ".join(cell.astext().split()) for cell in row)
            places = []
            for part in where.split(";"):
                addon, _colon, files = part.partition(":")
                places += [(addon.strip(), name.strip()) for name in files.split(",")]
            yield Row(path, form, tuple(places))


def read_sources():
    """``{path: (text, syntax tree)}`` of the Python files of our add-ons."""
    found = {}
    for addon in OURS:
        for path in sorted((ROOT / addon).rglob("*.py")):
            if "tests" not in path.relative_to(ROOT).parts:
                text = path.read_text()
                found[path] = (text, ast.parse(text))
    return found


ROWS = list(read_page())
SOURCES = read_sources()
NAMES = {row.name for row in ROWS}


@pytest.fixture(scope="module")
def registry():
    return Registry(get_db_name())


@pytest.fixture(scope="module")
def columns(registry):
    """``{table: its columns}`` of the database."""
    with registry.cursor() as cr:
        cr.execute(
            """SELECT table_name, array_agg(column_name::text)
                 FROM information_schema.columns
                WHERE table_schema = 'public' GROUP BY table_name"""
        )
        return dict(cr.fetchall())


# ----------------------------------------------------------------------
# What the page says is so
# ----------------------------------------------------------------------


def test_no_row_is_there_twice():
    paths = [row.path for row in ROWS]
    assert sorted(paths) == sorted(set(paths))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.path)
def test_odoo_has_it_as_it_is_written(row, columns):
    if row.form.startswith("table:"):
        named = {name.strip() for name in row.form.removeprefix("table:").split(",")}
        assert named <= set(columns.get(row.path, ()))
    elif row.form == "context key":
        module = importlib.import_module(row.path.rpartition(".")[0])
        assert re.search(rf"\b{row.name}\b", inspect.getsource(module))
    elif row.form == "attribute":
        assert has_attribute(row)
    elif row.form == "class":
        assert inspect.isclass(resolve(row.path))
    else:
        assert form(resolve(row.path)) == row.form


def has_attribute(row):
    """Whether a class has the attribute, or sets it on its instances."""
    owner = resolve(row.path.rpartition(".")[0])
    setting = rf"\bself\.{row.name}\b[^=\n]*=(?!=)"
    return hasattr(owner, row.name) or re.search(setting, inspect.getsource(owner))


def resolve(path):
    """What a dotted path names, as it is in the class itself, not in its parents.

    :raise AssertionError: when there is no such thing
    """
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            assert part in vars(found), f"{found} has no {part}"
            found = vars(found)[part]
        return found
    raise AssertionError(f"{parts[0]} can't be imported")


def form(found):
    """What the page says of something: its parameters, not annotated, or a word."""
    if isinstance(found, property):
        return "property"
    found = getattr(found, "__func__", found)  # of a classmethod
    if not callable(found):
        return "value"
    signature = inspect.signature(found)
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    empty = inspect.Signature.empty
    return str(signature.replace(parameters=plain, return_annotation=empty))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.path)
def test_our_files_use_it_where_it_is_written(row):
    using = {
        (path.relative_to(ROOT).parts[0], path.name)
        for path, (text, _tree) in SOURCES.items()
        if re.search(rf"\b{row.name}\b", text)
    }
    wrong = set(row.where) - using
    assert not wrong, f"{wrong}; the name is in {sorted(using)}"


# ----------------------------------------------------------------------
# The page is complete
# ----------------------------------------------------------------------


def test_page_has_each_private_name_of_odoo_that_we_use(registry):
    theirs, ours = odoo_names(), our_names()
    missing = defaultdict(set)
    for path, (_text, tree) in SOURCES.items():
        overrides = set(overriding(tree, registry))
        for name, line, certain in private_names(tree, registry):
            known = name in LEFT_OUT or name in NAMES or name not in theirs
            if not known and (certain or name in overrides or name not in ours):
                missing[name].add(f"{path.relative_to(ROOT)}:{line}")
    assert not missing, listing(missing)


def odoo_names():
    """The names with an underscore that Odoo defines somewhere."""
    files = [*ODOO.glob("*.py"), *(ODOO / "orm").glob("*.py")]
    files += (ODOO / "tools").rglob("*.py")
    for addon in STANDARD:
        package = importlib.import_module(f"odoo.addons.{addon}")
        files += Path(package.__path__[0]).rglob("*.py")
    return {
        function or variable
        for path in files
        if "tests" not in path.parts
        for function, variable in DEFINITION.findall(path.read_text())
    }


def our_names():
    """The names with an underscore that our add-ons define."""
    return {
        function or variable
        for text, _tree in SOURCES.values()
        for function, variable in DEFINITION.findall(text)
    }


def private_names(tree, registry):
    """Yield ``(name, line, certain)`` of each use or definition of a name with an
    underscore: certain where it is asked of a model of Odoo by name.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name, certain = node.name, False
        elif isinstance(node, ast.Attribute):
            name = node.attr
            certain = is_core(registry, model_of(node.value), name)
        else:
            continue
        if name.startswith("_") and not name.startswith("__"):
            yield name, node.lineno, certain


def model_of(node):
    """The ``name`` in ``….env["name"]``, also before ``.sudo()`` and the like."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        if getattr(node.value, "attr", getattr(node.value, "id", "")) == "env":
            return node.slice.value
    return None


def overriding(tree, registry):
    """Yield the names of methods by which our classes override some of Odoo's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            models = set(declared_models(node))
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and any(
                    is_core(registry, model, method.name) for model in models
                ):
                    yield method.name


def declared_models(node):
    """Yield what the class says in ``_name`` and ``_inherit``."""
    for item in node.body:
        if isinstance(item, ast.Assign) and item.targets[0].id in ("_name", "_inherit"):
            value = ast.literal_eval(item.value)
            yield from [value] if isinstance(value, str) else value


def is_core(registry, model, name):
    """Whether a class of Odoo, not of ours, gives the model this attribute."""
    ours = tuple(f"odoo.addons.{addon}." for addon in OURS)
    return model in registry and any(
        name in vars(base)
        for base in registry[model].__mro__
        if not base.__module__.startswith((*ours, "odoo.orm.model_classes"))
    )


def test_page_has_each_import_of_internals():
    missing = defaultdict(set)
    paths = {row.path for row in ROWS}
    for path, (_text, tree) in SOURCES.items():
        for node in ast.walk(tree):
            module = isinstance(node, ast.ImportFrom) and not node.level and node.module
            if not module or module.partition(".")[0] != "odoo":
                continue
            for alias in node.names:
                full = f"{module}.{alias.name}"
                if is_internal(module, alias.name) and full not in paths:
                    missing[full].add(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not missing, listing(missing)


def is_internal(module, name):
    """Whether an import reaches into the ORM, an add-on of Odoo, or a constant."""
    if module.startswith("odoo.addons."):
        return module.split(".")[2] not in OURS
    constant = name.isupper() and name not in LEFT_OUT_CONSTANTS
    return module.startswith("odoo.orm") or constant


def test_page_has_each_table_of_odoo_that_our_sql_names(registry, columns):
    owners = {model._table: model._original_module for model in registry.values()}
    missing = defaultdict(set)
    for path, (_text, tree) in SOURCES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            for table in TABLE.findall(node.value):
                owner = owners.get(table, table)
                ours = owner in OURS or owner.startswith("lead_scoring")
                known = ours or table in LEFT_OUT_TABLES or table in NAMES
                if table in columns and not known:
                    missing[table].add(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not missing, listing(missing)


def test_page_has_each_context_key_of_odoo():
    missing = defaultdict(set)
    for path, (_text, tree) in SOURCES.items():
        for key, line in context_keys(tree):
            ours = key.startswith(("lead_scoring", "default_"))
            if not ours and key not in LEFT_OUT_KEYS and key not in NAMES:
                missing[key].add(f"{path.relative_to(ROOT)}:{line}")
    assert not missing, listing(missing)


def context_keys(tree):
    """Yield ``(key, line)`` of what ``with_context`` sets and ``get`` reads."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        if node.func.attr == "with_context":
            yield from ((word.arg, node.lineno) for word in node.keywords if word.arg)
        elif node.func.attr == "get" and node.args:
            named = getattr(owner, "attr", getattr(owner, "id", ""))
            if named == "context" and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value, node.lineno


def listing(missing):
    """A line for each name that the page lacks, with where we use it."""
    lines = (f"  {name}: {', '.join(sorted(at))}" for name, at in missing.items())
    return "\n".join([f"{PAGE.relative_to(ROOT)} lacks:", *sorted(lines)])
