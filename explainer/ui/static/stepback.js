// The maths of one step back, on plain numbers: what the sliders of a derivation need at once.

/**
 * q(xₜ₋₁ | xₜ, x₀) = N(a x₀ + b xₜ, σ²) with the a and b that keep the marginals, and σ as eta says
 * (arXiv 2010.02502, equations 7 and 16); `x0`, `eps` and `sigma` are the weights of the update
 * (equation 12), and `gamma` that of |ε − ε̂|² in the variational bound, null where it has none.
 */
export function stepBack(abar, abarPrev, eta) {
  const variance = eta ** 2 * ((1 - abarPrev) / (1 - abar)) * (1 - abar / abarPrev);
  const sigma = Math.sqrt(variance);
  const x0 = Math.sqrt(abarPrev);
  const eps = Math.sqrt(Math.max(1 - abarPrev - variance, 0));
  const b = eps / Math.sqrt(1 - abar);
  const a = x0 - b * Math.sqrt(abar);
  const gamma = sigma && abar ? (a ** 2 / (2 * variance)) * ((1 - abar) / abar) : null;
  return { a, b, sigma, x0, eps, gamma };
}
