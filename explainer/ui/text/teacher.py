"""What the teacher reads on a page of their own, and what pupils read of it, in English."""

from __future__ import annotations

from typing import Any

from explainer.ui.text import en

STOPPED = "Stopped by the teacher."  # the note that a pupil's run ends with
TITLE = f"Teacher · {en.TITLE}"

NEEDED = "This needs the teacher's token."
WRONG = "This is not the teacher's token."
TOO_OFTEN = "Too many wrong tokens have been tried; please try again in {seconds} seconds."

WORDS: dict[str, Any] = {
    "title": "Teacher's view",
    "app": en.TITLE,
    # The way in.
    "token": "Teacher's token",
    "tokenNote": "It was chosen when the app was started. This browser tab keeps it until it is "
    "closed.",
    "enter": "Open",
    "leave": "Leave",
    "unreachable": "The server does not answer; trying again …",
    "failed": "The server did not answer; please try again.",
    # How many.
    "figures": {"running": "training", "queued": "waiting", "paused": "resting"},
    # What a teacher can do.
    "hold": "Pause new runs",
    "release": "Let new runs start",
    "holding": "New runs are paused: they wait in the queue. Those under way go on.",
    "released": "New runs start again.",
    "stopAll": "Stop all",
    "sure": "Stop all runs?",
    "sureNote": "Those that wait, too. What pupils see stays on their pages, and they can start "
    "again at once, unless new runs are paused.",
    "yes": {"one": "Stop one run", "many": "Stop {count} runs"},
    "no": "Cancel",
    "stopped": {
        "none": "There was no run to stop.",
        "one": "One run was stopped.",
        "many": "{count} runs were stopped.",
    },
    # Who.
    "runs": "Runs",
    "runsNote": "Pupils are numbered in the order of their first run: the server knows no names.",
    "noRuns": "Nobody trains now.",
    "columns": {
        "pupil": "Pupil",
        "label": "What",
        "state": "State",
        "time": "Time",
    },
    "progress": "Progress",
    "unnamed": "a run",
    "pupil": "Pupil {pupil}",
    "statuses": {
        "running": "training",
        "queued": "waiting, number {place}",
        "paused": "resting",
    },
    # Load.
    "load": "Load",
    "processor": "Processor",
    "processorNote": {
        "one": "The whole machine, and what of its one processor this app uses.",
        "many": "The whole machine, and what of {cores} processors this app uses.",
    },
    "groups": {
        "machine": "Whole machine",
        "server": "Web server",
        "rest": "Training",
        "calculation": "Pictures and figures",
    },
    "memory": "Memory",
    "memoryNote": {
        "pss": "All processes of the app; what they share is counted once.",
        "rss": "All processes of the app; what they share is counted in each.",
    },
    "disk": "Disk",
    "diskNote": "What pupils draw and upload. When it is full, what was longest unused goes first.",
    "of": "{used} of {limit}",
    "untold": "This system does not tell how busy it is.",
    "measuring": "…",
    "processes": {"workers": "Training processes", "helpers": "Helper processes"},
    "pages": "Open pages",
}
