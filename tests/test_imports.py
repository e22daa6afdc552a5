"""Imports point one way, and what must load fast loads no torch."""

import ast
import importlib.util
import json
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "explainer"

# Low to high: a module imports from its own layer or a lower one.
LAYERS = [
    {"design", "folder", "frames", "heap", "keep", "load", "own", "room", "table"},
    {"settings"},
    {"betas", "config"},
    {"cost", "presets", "lesson", "lesson_code", "takehome"},
    {"data", "schedules", "objectives", "corruptions"},
    {"models", "batches", "digits"},
    {"spacing"},
    {"sampling", "snapshots"},
    {"solvers", "latents", "mistakes"},
    {"trainer"},
    {"training"},
    {"metrics", "prior", "shipped", "header", "own_models", "page_settings"},
    {"noise_settings", "restore_config"},
    {"restorers", "cold", "images"},
    {"restoring", "digit_quality"},
    {"checkpoints", "quality", "restored"},
    {"experiments", "train_command"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
SUBPACKAGES = {"figures", "jobs", "ui"}
# What of the subpackages the layers may import: the plain record that every runner passes on, and
# figures, drawn where the numbers are.
FROM_SUBPACKAGES = {
    "experiments": {
        "explainer.jobs.reports",
        "explainer.figures.schedules",
        "explainer.figures.strip",
    }
}

TORCH_FREE = [
    "settings", "config", "cost", "presets", "design", "frames", "own", "shipped", "table",
    "page_settings", "noise_settings", "keep", "header", "own_models", "lesson", "lesson_code",
    "takehome", "restore_config", "load", "room", "heap", "folder",
]  # fmt: skip


def is_main_block(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


@cache
def imported(path):
    """Return the dotted names that a file imports anywhere in it, as ``package.module``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path == PACKAGE / "training.py":  # the one exception: python -m explainer.training
        tree.body = [node for node in tree.body if not is_main_block(node)]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top(name):
    return name.split(".")[0]


def inside(name):
    """Return the module of ours that a dotted name lies in: explainer.data.Dataset -> data."""
    parts = name.split(".")
    return parts[1] if parts[0] == "explainer" and len(parts) > 1 else None


def files(*folders):
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def name_of(path):
    return str(path.relative_to(ROOT))


MODULES = [
    *sorted(path for path in PACKAGE.glob("*.py") if path.stem != "__init__"),
    *files(PACKAGE / "experiments"),
]
EVERY_FILE = [*files(PACKAGE), *ROOT.glob("app.py")]


def test_the_files_are_found():
    assert {"settings", "training", "checkpoints"} <= {path.stem for path in MODULES}
    assert "torch" in {top(name) for name in imported(PACKAGE / "trainer.py")}
    assert "explainer.config.TrainConfig" in imported(PACKAGE / "training.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_has_a_layer_and_imports_none_above(path):
    layer = path.stem if path.parent == PACKAGE else path.parent.name
    assert layer in RANK, f"{layer}: give it a layer in this test"
    for name in imported(path):
        module = inside(name)
        if module in SUBPACKAGES:
            allowed = FROM_SUBPACKAGES.get(layer, set())
            assert name.rpartition(".")[0] in allowed, f"{path} imports {name}"
        elif module in RANK:
            assert RANK[module] <= RANK[layer], f"{path} imports {module}, above it"
        else:
            assert top(name) != "explainer" or name == "explainer.__version__", name


def test_no_module_imports_itself_through_others():
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES}
    # "explainer.data.Dataset" is an import of explainer.data.
    graph = {
        module: {
            known
            for known in modules
            for name in imported(path)
            if f"{name}.".startswith(f"{known}.")
        }
        for module, path in modules.items()
    }
    assert "explainer.data" in graph["explainer.experiments.forward"]
    TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize("path", files(PACKAGE / "figures"), ids=name_of)
def test_figures_know_arrays_and_plots_alone(path):
    for name in imported(path):
        assert (
            top(name) in {"numpy", "plotly", "matplotlib"}
            or top(name) in sys.stdlib_module_names
            or inside(name) == "figures"
        ), name


@pytest.mark.parametrize("path", files(PACKAGE / "jobs"), ids=name_of)
def test_jobs_know_neither_torch_nor_gradio_nor_the_explainer(path):
    for name in imported(path):
        assert top(name) not in {"torch", "gradio"}, name
        assert inside(name) in {None, "jobs"}, name


@pytest.mark.parametrize("path", EVERY_FILE, ids=name_of)
def test_only_the_page_knows_gradio_and_only_app_knows_the_page(path):
    if PACKAGE / "ui" in path.parents:
        return
    names = imported(path)
    assert "gradio" not in {top(name) for name in names}
    assert path.name == "app.py" or "ui" not in {inside(name) for name in names}


@pytest.mark.parametrize("path", [*ROOT.glob("app.py")], ids=name_of)
def test_app_imports_the_page_alone(path):
    for name in imported(path):
        assert top(name) in sys.stdlib_module_names or inside(name) == "ui", name


def test_the_package_alone_imports_nothing():
    assert imported(PACKAGE / "__init__.py") == set()


PROBE = """
import importlib, json, sys
loaded = {}
for name in sys.argv[1:]:
    importlib.import_module(name)
    loaded[name] = [heavy for heavy in ("torch", "gradio", "sklearn") if heavy in sys.modules]
print(json.dumps(loaded))
"""


def loads(*names):
    """Import modules one after the other in a fresh process: what heavy is there after each."""
    names = [name for name in names if importlib.util.find_spec(name) is not None]
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_what_the_server_needs_loads_no_torch():
    names = ["explainer", *(f"explainer.{name}" for name in TORCH_FREE), "explainer.jobs"]
    loaded = loads(*names)
    assert {"explainer", "explainer.settings", "explainer.shipped"} <= set(loaded)
    assert {name: heavy for name, heavy in loaded.items() if heavy} == {}


def test_the_page_loads_no_torch():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in files(PACKAGE / "ui", PACKAGE / "figures")
    ]
    loaded = loads(*(name.removesuffix(".__init__") for name in modules))
    assert "explainer.ui" in loaded
    assert [name for name, heavy in loaded.items() if {"torch", "sklearn"} & set(heavy)] == []


def test_the_probe_sees_torch():
    assert loads("explainer.settings", "explainer.schedules") == {
        "explainer.settings": [],
        "explainer.schedules": ["torch"],
    }
