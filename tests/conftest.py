"""One thread, no network, the same examples each time."""

import os

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", DIFFUSERS_OFFLINE="1")

import torch
from hypothesis import settings

from explainer.folder import open_folder

# Before any worker process is started: they learn from the environment where it is.
open_folder()
torch.set_num_threads(1)
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, max_examples=100
)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    """Run the browser tests last: Playwright keeps an event loop running in this thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
