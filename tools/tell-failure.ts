/** @returns what a person reads of an error; who was not reached is named, and what says where it is. */
export function tellFailure(
  error: unknown,
  { url, isSetBy }: { readonly url: string; readonly isSetBy: string },
): string {
  const message = error instanceof Error ? error.message : String(error)
  if (message !== 'fetch failed') return message
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
  return `nobody answers at ${url} (${cause || message}): is it running, and on that port? ${isSetBy} says where it is`
}
