"""Serve the explainer: ``python app.py``, then open the address it prints."""

import argparse
import os
import socket
import sys


def parse_arguments() -> argparse.Namespace:
    """Read the command line; the GRADIO_SERVER_* variables are its defaults."""
    environment = os.environ
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=environment.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=environment.get("GRADIO_SERVER_PORT", "7860"))
    parser.add_argument("--share", action="store_true", help="make a public link")
    options = parser.parse_args()
    if not 1 <= options.port <= 65535:
        parser.error(f"--port must be between 1 and 65535, not {options.port}")
    return options


def check_address(host: str, port: int) -> None:
    """Leave with one sentence if the address cannot be served, before anything is loaded."""
    from explainer.ui.text import en

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(en.CANNOT_SERVE.format(host=host, port=port, why=error.strerror))


def main() -> None:
    """Start the worker processes, then the page: the two load at the same time."""
    options = parse_arguments()
    check_address(options.host, options.port)
    # Before gradio is imported: no calls to other machines, and no statistics after each event.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "50")
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
    from explainer.ui.services import start_services

    services = start_services()
    try:
        from explainer.ui.build import build_app, launch

        page = build_app(services)
        launch(
            page, services, server_name=options.host, server_port=options.port, share=options.share
        )
    finally:
        services.close()


if __name__ == "__main__":
    main()
