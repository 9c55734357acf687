import { dirname, join } from 'node:path/posix'

/** A file that an event passes. */
export interface PassedFile {
  readonly file: string
  readonly lines: number
  /** Functions of it that ran. */
  readonly functions: number
  /** Other files that import more than its types; tests are none. */
  readonly callers: readonly string[]
  /** Whether some of these functions also run while no event comes. */
  readonly isAlsoIdle: boolean
}

/**
 * What each event passes: the functions that ran every time, by file.
 *
 * @param rounds the functions that ran while an event was on its way, as `file:name`, once for each event.
 * @param idle those that ran without one.
 * @param sources the text of every file of the product.
 */
export function passedFiles(
  rounds: readonly ReadonlySet<string>[],
  idle: ReadonlySet<string>,
  sources: ReadonlyMap<string, string>,
): readonly PassedFile[] {
  const [first = new Set<string>(), ...others] = rounds
  const always = [...first].filter((name) => others.every((round) => round.has(name)))
  const callers = callersOf(sources)
  return [...Map.groupBy(always, (name) => name.slice(0, name.indexOf(':')))]
    .map(([file, names]) => ({
      file,
      lines: (sources.get(file) ?? '').split('\n').length - 1,
      functions: names.length,
      callers: callers.get(file) ?? [],
      isAlsoIdle: names.some((name) => idle.has(name)),
    }))
    .toSorted((one, other) => one.file.localeCompare(other.file))
}

/** By file: the files that import a value of it. An `index.ts` stands for everybody outside of its package. */
function callersOf(sources: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const pairs = [...sources].flatMap(([from, text]) =>
    valueImports(text).map((specifier) => ({ from, to: join(dirname(from), specifier) })),
  )
  const byFile = Map.groupBy(pairs, ({ to }) => to)
  return new Map([...byFile].map(([to, found]) => [to, found.map(({ from }) => from)]))
}

const IMPORT = /^(?:import|export)\s+(type\s)?([^'";]*?)(?:\bfrom\s+)?['"](\.[^'"\n]+)['"]/gm

/** The paths of which a file imports more than types. */
export function valueImports(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, type, clause = '', specifier = '']) => {
    const names = /\{([^}]*)\}/.exec(clause)?.[1]?.split(',') ?? ['all']
    const isOfTypes = names.every((name) => /^\s*(?:type\s.*)?$/.test(name))
    return type !== undefined || isOfTypes ? [] : [specifier]
  })
}

/** For people: one line a file, and how many they are, with and without the client of Kafka. */
export function passedText(title: string, files: readonly PassedFile[]): string {
  const lines = files.map(({ file, lines: length, functions, callers, isAlsoIdle }) => {
    const [only] = callers
    const by = callers.length === 1 && only !== undefined ? `only ${only}` : `${callers.length}`
    const notes = isAlsoIdle ? '  (some of it also without an event)' : ''
    return `${String(length).padStart(5)}${String(functions).padStart(5)}  ${file}  <- ${by}${notes}\n`
  })
  const ofKafka = files.filter(({ file }) => file.startsWith('packages/kafka/')).length
  const functions = files.reduce((sum, file) => sum + file.functions, 0)
  return (
    `${title}: ${functions} functions in ${files.length} files, ${files.length - ofKafka} without packages/kafka\n` +
    `lines, functions that ran, file <- files that import it\n${lines.join('')}`
  )
}
