import { readdirSync, readFileSync } from 'node:fs'

/** What a process holds, seen from outside (Linux, /proc). */
export interface ProcessFigures {
  readonly rssBytes: number
  readonly descriptors: number
}

export function figuresOf(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  return {
    rssBytes: Number(kilobytes) * 1_024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}

/** Samples of a page of metrics: name and labels, and the value. */
export async function readMetrics(opsUrl: string): Promise<ReadonlyMap<string, number>> {
  // Not on a kept connection: the server may be closing it just now.
  const response = await fetch(`${opsUrl}/metrics`, { headers: { connection: 'close' } })
  const samples = new Map<string, number>()
  for (const line of (await response.text()).split('\n')) {
    const at = line.lastIndexOf(' ')
    if (!line.startsWith('#') && at > 0) samples.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return samples
}

/**
 * Bytes that JavaScript holds, heap and buffers: the least of some readings, as garbage comes and goes.
 *
 * @param work done before each reading: nothing is collected where nothing is done.
 */
export async function heldBytes(opsUrl: string, work: () => Promise<void>): Promise<number> {
  let least = Infinity
  for (let reading = 0; reading < 10; reading += 1) {
    await work()
    const samples = await readMetrics(opsUrl)
    const heap = samples.get('nodejs_heap_size_used_bytes') ?? Infinity
    least = Math.min(least, heap + (samples.get('nodejs_external_memory_bytes') ?? 0))
  }
  return least
}

/** A counter of ours, over all its labels. */
export function total(samples: ReadonlyMap<string, number>, name: string): number {
  let sum = 0
  for (const [sample, value] of samples) {
    if (sample.split('{', 1)[0] === `custom_events_${name}`) sum += value
  }
  return sum
}
