"""The routes beside Gradio: clouds and runs, as bytes and straight to the page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from explainer.jobs import Busy, CalculationFailed, CalculationTimeout
from explainer.noise_settings import (
    ComposingSettings,
    CorruptionSettings,
    NoiseDataSettings,
    PictureSettings,
    UndoSettings,
)
from explainer.own import OWN_PATTERN, touch
from explainer.page_settings import (
    FieldSettings,
    FloorPlotSettings,
    FloorSettings,
    ForwardSettings,
    MistakeSettings,
    ModelSettings,
    NoisingSettings,
    ParticleSettings,
    QuantitiesSettings,
    SampleSettings,
    ScheduleDataSettings,
    ShippedRunSettings,
    WalkSettings,
)
from explainer.settings import Settings
from explainer.ui.bodies import CONTAINER, MAX_QUERY, refusal
from explainer.ui.model_routes import model_routes
from explainer.ui.openapi import openapi_route
from explainer.ui.own_routes import own_routes
from explainer.ui.picture_routes import picture_routes
from explainer.ui.run_routes import run_routes
from explainer.ui.services import Services
from explainer.ui.takehome_routes import takehome_routes
from explainer.ui.teacher_routes import teacher_routes
from explainer.ui.undo_routes import undo_routes

JSON, CSV = "application/json", "text/csv; charset=utf-8"
# Address of each question, its settings, the function that answers it, and what bytes it gives.
QUESTIONS: dict[str, tuple[type[Settings], str, str]] = {
    "forward": (ForwardSettings, "explainer.experiments.forward:forward_process", CONTAINER),
    "strip.png": (ForwardSettings, "explainer.experiments.forward:forward_strip", "image/png"),
    "field": (ForwardSettings, "explainer.experiments.field:forward_field", CONTAINER),
    "prior": (NoisingSettings, "explainer.experiments.prior:prior_meter", JSON),
    "perfect": (NoisingSettings, "explainer.experiments.prior:perfect_network", JSON),
    "schedules": (QuantitiesSettings, "explainer.experiments.schedules:schedule_figures", JSON),
    "schedules.csv": (QuantitiesSettings, "explainer.experiments.schedules:schedule_csv", CSV),
    "clouds": (ScheduleDataSettings, "explainer.experiments.schedules:schedule_clouds", CONTAINER),
    "floors": (FloorPlotSettings, "explainer.experiments.schedules:floor_plot", JSON),
    "sample": (SampleSettings, "explainer.experiments.reverse:sample_path", CONTAINER),
    "sample-field": (FieldSettings, "explainer.experiments.field:sample_field", CONTAINER),
    "quality": (ModelSettings, "explainer.experiments.quality_steps:known_quality", JSON),
    "quality-cell": (SampleSettings, "explainer.experiments.quality_steps:quality_cell", JSON),
    "repeats": (SampleSettings, "explainer.experiments.repeats:repeats", CONTAINER),
    "arc": (SampleSettings, "explainer.experiments.arcs:arc", CONTAINER),
    "particle": (ParticleSettings, "explainer.experiments.particle:particle", JSON),
    "derivation": (WalkSettings, "explainer.experiments.derivation:derivation", JSON),
    "roundtrip": (WalkSettings, "explainer.experiments.roundtrip:roundtrip", CONTAINER),
    "roundtrip-errors": (
        ModelSettings,
        "explainer.experiments.roundtrip:roundtrip_errors",
        JSON,
    ),
    "mistake": (MistakeSettings, "explainer.experiments.wrong:wrong_walk", CONTAINER),
    "corruption": (CorruptionSettings, "explainer.experiments.noise:corruption_path", CONTAINER),
    "picture": (PictureSettings, "explainer.experiments.pictures:corrupted_picture", CONTAINER),
    "composing": (ComposingSettings, "explainer.experiments.composing:composing", CONTAINER),
    "endstates": (NoiseDataSettings, "explainer.experiments.endstates:endstates", CONTAINER),
    "closedform": (NoiseDataSettings, "explainer.experiments.closedform:closed_form", CONTAINER),
    "undo": (UndoSettings, "explainer.experiments.undo:shipped_undo", CONTAINER),
    "truth": (FloorSettings, "explainer.experiments.truth:truth", CONTAINER),
    "shipped-run": (ShippedRunSettings, "explainer.experiments.learning:shipped_run", CONTAINER),
}

Handler = Callable[[Request], Awaitable[Response]]


def address(question: str, settings: Settings) -> str:
    """Return where the answer to a question is, relative to the page."""
    if type(settings) is not QUESTIONS[question][0]:
        raise TypeError(f"{type(settings).__name__} are not the settings of {question}")
    return f"api/{question}?{settings.to_query()}"


def _question(kind: type[Settings], target: str, media: str, services: Services) -> Handler:
    """Make the handler of one question: check, compute once for all who ask, answer."""

    async def handle(request: Request) -> Response:
        if len(request.url.query) > MAX_QUERY:
            return refusal(414, f"The address is longer than {MAX_QUERY} characters.")
        try:
            settings = kind.from_query(request.query_params)
            for name in re.findall(OWN_PATTERN, request.url.query):
                touch(name)  # also where the answer comes from the cache
            answer = await services.calculator(target, settings.model_dump())
        except ValueError as error:
            return refusal(422, str(error))
        except Busy as error:
            return refusal(503, str(error))
        except CalculationTimeout as error:
            return refusal(504, str(error))
        except CalculationFailed as error:
            return refusal(500, str(error))
        headers = {"Cache-Control": "private, max-age=300"}
        if isinstance(answer, bytes):
            return Response(answer, media_type=media, headers=headers)
        return JSONResponse(answer, headers=headers)

    return handle


def make_routes(services: Services, teacher_token: str = "") -> list[BaseRoute]:
    """Return all routes beside Gradio's own.

    Parameters
    ----------
    services : Services
    teacher_token : str
        Who has it sees the teacher's view; without one there is none.

    Returns
    -------
    list of starlette routes
    """

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "ok", **services.store.stats()})

    return [
        Route("/healthz", healthz),
        *(
            Route(f"/api/{name}", _question(kind, target, media, services))
            for name, (kind, target, media) in QUESTIONS.items()
        ),
        *model_routes(services),  # before run_routes, which take every verb for theirs
        *run_routes(services),
        *undo_routes(services),
        *takehome_routes(),
        *picture_routes(services),
        *own_routes(),
        *teacher_routes(services, teacher_token),
        openapi_route(QUESTIONS),
    ]
