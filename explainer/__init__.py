"""Diffusion models on small data, explained: the maths, the training, the sampling and the page.

Conventions, stated once and kept everywhere
--------------------------------------------
- ``x_0`` is data; noise grows with ``t``. Code indexes ``t`` in ``0 .. T-1``, so
  ``alphas_cumprod[t]`` belongs to x after ``t + 1`` noising steps (as in diffusers). What a
  learner sees counts 0 (data) to T (noise), as the DDPM paper does:
  :func:`explainer.schedules.displayed_step` converts.
- ``alphas_cumprod`` is the DDPM paper's alpha-bar; the DDIM paper writes it alpha. EDM's sigma,
  ``sqrt((1 - alpha_bar) / alpha_bar)``, is called ``noise_level``.
- Points are float32 of shape ``(n, 2)``, standardised to zero mean and unit variance; a
  :class:`explainer.data.Dataset` keeps mean and scale, so any figure can be stated in data units.
- Every draw takes a ``torch.Generator``, weight initialisation included. The same config and seed
  give the same bits, whatever else runs in the process.
- Imports point one way (``tests/test_imports.py`` holds it), and importing this package alone
  imports neither torch nor gradio.
"""

__version__ = "0.1.0"
