/**
 * How long to wait before retry number `attempt` (from 0): a random time below a bound that doubles
 * with each attempt, so that many clients never return in step.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter", the "full jitter" variant.
 *
 * @returns milliseconds in [baseMs / 2, maxMs].
 */
export function fullJitter(
  attempt: number,
  options: { readonly baseMs: number; readonly maxMs: number; readonly random?: () => number },
): number {
  const { baseMs, maxMs, random = Math.random } = options
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30))
  const floor = Math.min(baseMs / 2, bound)
  return floor + random() * (bound - floor)
}
