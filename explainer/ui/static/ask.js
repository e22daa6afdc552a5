// Questions to the server that are answered in JSON.

/**
 * Ask, relative to the page. Every failure is an Error whose message is a sentence for the reader;
 * a refusal has its status.
 */
export async function ask(address, { unreachable = "The server did not answer.", ...options } = {}) {
  let response, answer;
  try {
    response = await fetch(new URL(address, document.baseURI), options);
    answer = await response.json();
  } catch {
    throw new Error(unreachable);
  }
  if (response.ok && !answer?.error) return answer;
  throw Object.assign(new Error(answer?.error ?? unreachable), { status: response.status });
}
