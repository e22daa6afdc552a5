"""Figures: numpy in, plotly out; no torch, no gradio."""
