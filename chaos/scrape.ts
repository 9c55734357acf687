/** Samples of a metrics page: `name{label="value"}` and its value. */
export type Scrape = ReadonlyMap<string, number>

/** @returns null when the page is not there. */
export async function readMetrics(opsPort: number): Promise<Scrape | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`, {
      signal: AbortSignal.timeout(2_000),
    })
    return response.ok ? parseMetrics(await response.text()) : null
  } catch {
    return null
  }
}

export function parseMetrics(text: string): Scrape {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    if (line.startsWith('#') || at < 0) continue
    samples.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return samples
}

/** A counter's value over all its labels, or over those samples that have this one: `table="events"`. */
export function counter(scrape: Scrape, name: string, label = ''): number {
  const full = `custom_events_${name}`
  let sum = 0
  for (const [sample, value] of scrape) {
    const isIt = sample === full || sample.startsWith(`${full}{`)
    if (isIt && sample.includes(label)) sum += value
  }
  return sum
}
