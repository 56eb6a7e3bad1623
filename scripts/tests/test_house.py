"""How the code is laid out, see docs/architecture.rst: what a reader relies on to find
something by its name, and in one place.
"""

import ast
import re
from collections import defaultdict

import pytest

from scripts import addons
from scripts.paths import ROOT

LINES_OF_A_FILE = 400
LINES_OF_A_METHOD = 40
ROOMS = ROOT / "lead_scoring" / "models"


def files(addon):
    """The Python files of an add-on, without its tests."""
    found = sorted((ROOT / addon).rglob("*.py"))
    return [path for path in found if "tests" not in path.parts]


def methods(addon):
    """Yield the file, the model's name and the node of each method of an add-on."""
    for path in files(addon):
        for kind in ast.parse(path.read_text()).body:
            if not isinstance(kind, ast.ClassDef):
                continue
            named = {
                target.id: statement.value.value
                for statement in kind.body
                if isinstance(statement, ast.Assign)
                and isinstance(statement.value, ast.Constant)
                for target in statement.targets
                if isinstance(target, ast.Name)
            }
            model = named.get("_name") or named.get("_inherit") or kind.name
            for node in kind.body:
                if isinstance(node, ast.FunctionDef):
                    yield path, model, node


@pytest.mark.parametrize("addon", addons.names())
def test_a_method_of_a_model_is_defined_once_in_an_add_on(addon):
    places = defaultdict(list)
    for path, model, node in methods(addon):
        # a property and its setter have one name
        if not any("setter" in ast.unparse(d) for d in node.decorator_list):
            places[model, node.name].append(path.name)
    assert {key: names for key, names in places.items() if len(names) > 1} == {}


@pytest.mark.parametrize("addon", addons.names())
def test_files_and_methods_are_short_enough_to_be_read_at_once(addon):
    long_files = {
        path.name: count
        for path in files(addon)
        if (count := path.read_text().count("\n")) > LINES_OF_A_FILE
    }
    long_methods = {
        f"{path.name}:{node.name}": node.end_lineno - node.lineno + 1
        for path, _model, node in methods(addon)
        if node.end_lineno - node.lineno >= LINES_OF_A_METHOD
    }
    assert long_files == {}
    assert long_methods == {}


def test_a_room_imports_only_from_rooms_before_it():
    imported = re.findall(
        r"^from \. import (\w+)", (ROOMS / "__init__.py").read_text(), re.M
    )
    rooms = [name for name in imported if (ROOMS / name).is_dir()]
    assert set(rooms) == {path.parent.name for path in ROOMS.glob("*/__init__.py")}
    for position, room in enumerate(rooms):
        for path in sorted((ROOMS / room).glob("*.py")):
            for other in re.findall(r"^from \.\.(\w+)", path.read_text(), re.M):
                assert other in rooms[:position], f"{room}/{path.name}: {other}"


@pytest.mark.parametrize("addon", addons.names())
def test_add_ons_import_only_what_they_depend_on(addon):
    known = {addon, *addons.manifest(addon)["depends"]}
    for path in files(addon):
        for other in re.findall(r"odoo\.addons\.(lead_scoring\w*)", path.read_text()):
            assert other in known, f"{path}: {other}"
