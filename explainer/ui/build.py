"""The page: five tabs, one look, and the settings that keep Gradio quiet and offline."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.applications import Starlette

from explainer.ui.api import make_routes
from explainer.ui.designer import remembered_schedule
from explainer.ui.events_guard import events_of
from explainer.ui.guard import Guard
from explainer.ui.handlers import choices
from explainer.ui.host import in_brackets
from explainer.ui.kept_models import kept_models
from explainer.ui.lease import lease
from explainer.ui.offers import offer_models, offer_points, offer_schedule
from explainer.ui.options import Options
from explainer.ui.reach import reach
from explainer.ui.services import Services
from explainer.ui.shelf import Shelf, page_files
from explainer.ui.tabs import compare, forward, noise, schedules, train
from explainer.ui.text import en

CSS = Path(__file__).parent / "static" / "page.css"


def _theme() -> gr.themes.Base:
    fonts = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "sans-serif"]
    return gr.themes.Soft(
        primary_hue="indigo",
        secondary_hue="teal",
        neutral_hue="zinc",
        font=fonts,
        font_mono=["ui-monospace", "SF Mono", "Menlo", "monospace"],
        spacing_size="sm",
    ).set(
        # Quiet controls: the pictures are what there is to look at.
        # Links a little darker than the theme's, to be read with ease.
        link_text_color="*secondary_700",
        link_text_color_dark="*secondary_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_title_background_fill="transparent",
        block_title_background_fill_dark="transparent",
        block_title_text_color="*body_text_color",
        block_title_text_color_dark="*body_text_color",
        block_title_text_weight="600",
        block_title_padding="0",
        block_info_text_color="*body_text_color_subdued",
        block_info_text_color_dark="*body_text_color_subdued",
        checkbox_label_background_fill_selected="*primary_50",
        checkbox_label_background_fill_selected_dark="*primary_900",
        checkbox_label_text_color_selected="*body_text_color",
        checkbox_label_text_color_selected_dark="*body_text_color",
        checkbox_label_border_color_selected="*primary_400",
        checkbox_label_border_color_selected_dark="*primary_500",
        checkbox_label_border_width="1px",
        checkbox_label_border_color="*border_color_primary",
        checkbox_label_background_fill="*background_fill_primary",
        checkbox_label_background_fill_dark="*background_fill_primary",
        checkbox_border_color="*neutral_400",
        checkbox_border_color_dark="*neutral_500",
        checkbox_shadow="none",
        body_background_fill="*neutral_50",
        checkbox_label_shadow="none",
        input_shadow="none",
        input_border_width="1px",
        input_border_color="*border_color_primary",
        block_shadow="none",
    )


def build_app(services: Services) -> gr.Blocks:
    """Build the page.

    Parameters
    ----------
    services : Services

    Returns
    -------
    gr.Blocks
    """
    with gr.Blocks(title=en.TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.HTML(
            f"<header class='dx-header'><h1>{en.TITLE}</h1><p>{en.LEAD}</p></header>",
            apply_default_css=False,
            js_on_load=None,
        )
        reach()
        lease()
        remembered, models = remembered_schedule(), kept_models()
        with gr.Tabs():
            with gr.Tab(forward.TITLE):
                first = forward.build()
            with gr.Tab(schedules.TITLE):
                plots = schedules.build()
            with gr.Tab(train.TITLE):
                training = train.build(services)
            with gr.Tab(compare.TITLE):
                compared = compare.build()
            with gr.Tab(noise.TITLE):
                corrupted = noise.build()
        datasets = [first.dataset, plots.dataset, training.dataset, corrupted]
        offer_points(first.pad, datasets, compared.model, compared.models)
        offer_models(models, compared.model, compared.models)
        schedule_choosers = [
            (first.schedule, choices(en.SCHEDULES)),
            (training.schedule, choices(en.SCHEDULES)),
            (compared.schedule, compare.SCHEDULES),
        ]
        offer_schedule(plots.designer, remembered, plots.schedules, plots.T, schedule_choosers)
    page.queue(max_size=200, api_open=False)
    return page


def guarded(
    page: gr.Blocks, options: Options
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Return a lifespan that puts the guard before everything else of Gradio's application.

    Only so does it come before what Gradio itself adds: ``app_kwargs`` can name a middleware, but
    Gradio puts its own around it.
    """

    def forget(session: str) -> None:
        """Drop what Gradio keeps of a page: a quarter of a megabyte, which it never drops."""
        kept = page.state_holder
        with kept.lock:
            kept.session_data.pop(session, None)
            kept.time_last_used.pop(session, None)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        inner = app.middleware_stack or app.build_middleware_stack()
        shelf = Shelf(inner, page_files())
        app.middleware_stack = Guard(shelf, options, events_of(page), forget)
        # Gradio's and our own modules are garbage never; to look them through for some would hold
        # up all that is asked in that tenth of a second.
        gc.freeze()
        yield

    return lifespan


def settings(page: gr.Blocks, services: Services, options: Options) -> dict[str, Any]:
    """Return what ``Blocks.launch`` is called with.

    Parameters
    ----------
    page : gr.Blocks
    services : Services
        Their routes are served beside Gradio's own, in the same application.
    options : Options
    """
    return {
        "app_kwargs": {
            "routes": make_routes(services, options.teacher_token),
            "lifespan": guarded(page, options),
        },
        "server_name": in_brackets(options.host),
        "server_port": options.port,
        "share": options.share,
        "theme": _theme(),
        "css_paths": [CSS],
        "footer_links": ["settings"],
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "ssr_mode": False,
        "mcp_server": False,
        "num_workers": 0,  # or a variable could start more servers, which nothing guards
        "max_file_size": "2mb",
        "state_session_capacity": 400,
    }


def launch(page: gr.Blocks, services: Services, options: Options) -> None:
    """Serve the page until the process is told to stop.

    Parameters
    ----------
    page : gr.Blocks
    services : Services
    options : Options
    """
    page.launch(**settings(page, services, options))
