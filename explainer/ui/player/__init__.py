"""The point-cloud player: a folder of ES modules, and the Gradio component that mounts it."""
