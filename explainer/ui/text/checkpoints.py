"""What the list of checkpoints says, in English."""

from __future__ import annotations

from typing import Any

from explainer.ui.text import en

CHECKPOINT_WORDS: dict[str, Any] = {
    "title": "Checkpoints",
    "explain": "A checkpoint is the network as it is now, with all that its training needs to go "
    "on to the same bits.",
    "name": "Name of the checkpoint",
    "save": "Save",
    "saving": "Saving …",
    "wait": "Start a run, then you can save it here.",
    "keep": "Keep the last",
    "untitled": "Checkpoint",
    "step": "step {step}",
    "of": "step {step} of {steps}",
    "finished": "all {steps} steps",
    "weights": "weights alone",
    "restore": "Restore",
    "restoreTitle": "Go on training from here",
    "use": "Use in “DDPM vs DDIM”",
    "download": "Download",
    "remove": "Remove",
    "undo": "Undo",
    "saved": "Saved {titles}.",
    "uploaded": "Uploaded {titles}.",
    "restored": "{titles} is back: press Resume to go on.",
    "used": "{titles} is chosen in the tab “DDPM vs DDIM”.",
    "removed": "Removed {titles}.",
    "dropped": "Dropped {titles}, beyond the last {keep}.",
    "quoted": "“{title}”",
    "held": "the server has lost it; this browser gives it back when you use it",
    "gone": "No longer on the server. Upload the file that you downloaded, and it is back.",
    "upload": "Upload",
    "uploading": "Checking …",
    "drop": "or drop a .safetensors file here: a model that you downloaded",
    "large": "The file is too large: at most 32 MB are taken.",
    "unreachable": "The server did not answer. Is the app still running?",
    "datasets": en.DATASETS,
    "ownPoints": en.OWN_POINTS,
}
