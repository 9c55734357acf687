import type { BenchOptions } from './options.ts'

/**
 * Measures every case once a round, one after another, so that a slow minute of the machine falls on all.
 *
 * @returns by case what each round saw.
 */
export async function interleaved<T>(
  cases: Readonly<Record<string, () => Promise<T>>>,
  { rounds, say }: Pick<BenchOptions, 'rounds' | 'say'>,
  tell: (seen: T) => string,
): Promise<Readonly<Record<string, readonly T[]>>> {
  const seen: Record<string, T[]> = {}
  for (let round = 1; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(cases)) {
      const result = await measure()
      ;(seen[name] ??= []).push(result)
      say(`round ${round} of ${rounds}, ${name}: ${tell(result)}`)
    }
  }
  return seen
}
