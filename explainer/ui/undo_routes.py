"""The route that starts a run of networks which learn to undo noise."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.routing import BaseRoute

from explainer.jobs import Busy, TooManyRuns
from explainer.noise_settings import DIGITS, UndoSettings
from explainer.own import is_own, load_points
from explainer.page_settings import Seed
from explainer.restore_config import recipe
from explainer.settings import InvalidSetting
from explainer.ui.bodies import VISITOR, Answer, in_thread, posted, read_json
from explainer.ui.services import Services
from explainer.ui.text import en
from explainer.ui.text.undo import WORDS

TARGET = "explainer.experiments.undoing:live_undoing"
MAX_JSON = 1000  # bytes


class UndoingSettings(UndoSettings):
    """A run to be started, and whose it is."""

    visitor: Annotated[str, Field(max_length=64)] = ""
    seed: Seed = 0


def title(dataset: str, network: str) -> str:
    """Name a run by its data and its network, as the page does."""
    data = WORDS["digits"] if dataset == DIGITS else en.dataset_name(dataset)
    return str(WORDS["named"].format(data=data, network=WORDS["networks"][network]))


def undo_routes(services: Services) -> list[BaseRoute]:
    """Return the route of networks that learn to undo noise.

    Parameters
    ----------
    services : Services

    Returns
    -------
    list of starlette routes
        ``POST /api/undo/start`` takes :class:`UndoingSettings` as JSON and answers with ``run``,
        the id of the visitor's new run, and ``steps``, the steps of each of its three networks. A
        refusal is ``{"error": sentence}`` with status 413, 422 or, where too many wait, 503.
    """

    def start(data: bytes) -> Answer:
        s = UndoingSettings(**read_json(data))
        if not VISITOR.fullmatch(s.visitor):
            raise InvalidSetting("The page's own name is missing; please reload the page.")
        steps = recipe(s.dataset, s.network, "gaussian", s.seed).steps  # the same for all three
        if is_own(s.dataset):
            load_points(s.dataset)  # says so if they are gone
        argument = s.model_dump(include={"dataset", "network", "seed"})
        label = title(s.dataset, s.network)
        try:
            # The page shows the latest look alone.
            run = services.store.submit(TARGET, argument, visitor=s.visitor, label=label, frames=2)
        except TooManyRuns as error:
            raise Busy(str(error)) from None
        return {"run": run, "steps": steps}

    return [posted("/api/undo/start", MAX_JSON, "request", in_thread(start))]
