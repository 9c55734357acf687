/** What `node --cpu-prof` writes, as far as we read it. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
  }[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

/** Microseconds by function, without those it called; idle time is left out. */
export type SelfTimes = ReadonlyMap<string, { readonly place: string; readonly micros: number }>

/** @param lastSeconds of the profile: what came before was warming up. */
export function selfTimes(profile: CpuProfile, lastSeconds: number): SelfTimes {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const total = profile.timeDeltas.reduce((sum, micros) => sum + micros, 0)
  const times = new Map<string, { place: string; micros: number }>()
  let at = 0
  for (const [index, id] of profile.samples.entries()) {
    const micros = profile.timeDeltas[index] ?? 0
    at += micros
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    if (at < total - lastSeconds * 1e6) continue
    const name = `${frame.functionName || '(anonymous)'} ${fileOf(frame.url)}`.trim()
    const known = times.get(name)
    if (known === undefined) times.set(name, { place: placeOf(frame), micros })
    else known.micros += micros
  }
  return times
}

/** From the root of the repository, or the module of Node. */
function fileOf(url: string): string {
  return url.replace(/^.*\/(?=(packages|services|cli|embedded|node_modules)\/)/, '')
}

/** The part of the program that a reader can do something about. */
function placeOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  const [, library] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? []
  if (library !== undefined) return library
  const [, ours] = /\/(packages\/[^/]+|services\/[^/]+|cli|embedded)\//.exec(url) ?? []
  if (ours !== undefined) return ours
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName === '(program)') return 'outside JavaScript: system calls, the HTTP parser'
  if (url.startsWith('node:')) return /http/.test(url) ? 'Node: HTTP' : 'Node: sockets and the rest'
  return functionName === 'parse' ? 'JSON.parse' : 'built-in functions'
}

/** What is below this share of all is told as one. */
const SMALL_SHARE = 0.01

/** The sum for each place, largest first; small ones together at the end. */
export function byPlace(times: SelfTimes): readonly (readonly [place: string, micros: number])[] {
  const sums = new Map<string, number>()
  for (const { place, micros } of times.values()) {
    sums.set(place, (sums.get(place) ?? 0) + micros)
  }
  const total = [...sums.values()].reduce((sum, micros) => sum + micros, 0)
  const large = [...sums].filter(([, micros]) => micros >= total * SMALL_SHARE)
  const rest = total - large.reduce((sum, [, micros]) => sum + micros, 0)
  const sorted = large.toSorted(([, a], [, b]) => b - a)
  return rest === 0 ? sorted : [...sorted, ['everything smaller', rest]]
}
