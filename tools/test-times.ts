// What each file of a run of tests took: by the clock, and in processor time.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

interface FileTime {
  readonly file: string
  readonly seconds: number
  /** Of its process and of all that this has started and waited for. */
  readonly cpuSeconds: number
}

/** utime and stime of proc_pid_stat(5), then cutime and cstime; counted from the state on. */
const FIELDS = { own: [11, 13], waitedFor: [13, 15] } as const
/** Of Linux, everywhere that Node runs (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100
const FILE = 'node_modules/.cache/test-times.tsv'
const SHOWN = 10

/**
 * Notes what files took. Their processes are waited for by ours: what the sum of those has grown by since the last file
 * ended is this file's. Of two that end in the same moment one is told the time of both.
 *
 * Other processes end between files: the checks before the first, and the servers of a group, with all that they did for
 * its files, after the last. They are named as they end, or the next file would be told their time.
 */
export function createTestTimes(waitedFor: () => number = () => ownTicks('waitedFor')) {
  const times: FileTime[] = []
  const others = new Map<string, number>()
  let known = waitedFor()
  const cpuSecondsSince = (): number => {
    const before = known
    known = waitedFor()
    return (known - before) / TICKS_PER_SECOND
  }
  return {
    ended: (file: string, seconds: number): void => {
      times.push({ file: relative('.', file), seconds, cpuSeconds: cpuSecondsSince() })
    },
    /** Processes that are no file's have ended. */
    othersEnded: (name: string): void => {
      others.set(name, (others.get(name) ?? 0) + cpuSecondsSince())
    },
    times: (): readonly FileTime[] => times,
    /** Processor seconds of what is no file's, by its name. */
    others: (): ReadonlyMap<string, number> => others,
  }
}

/** Processor time of ours and of all that ended and that we waited for, in seconds. */
export function allCpuSeconds(): number {
  return (ownTicks('own') + ownTicks('waitedFor')) / TICKS_PER_SECOND
}

function ownTicks(which: keyof typeof FIELDS): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name may hold blanks
  return fields.slice(...FIELDS[which]).reduce((sum, field) => sum + Number(field), 0)
}

/** Where time can be won; the slowest belong into the list of longest-first.ts. */
export function timesText(
  times: readonly FileTime[],
  others: ReadonlyMap<string, number> = new Map(),
): string {
  const by = (of: (time: FileTime) => number): string =>
    times
      .toSorted((one, other) => of(other) - of(one))
      .slice(0, SHOWN)
      .map(line)
      .join('')
  return (
    `the slowest of ${times.length} files, and their processor time\n${by(({ seconds }) => seconds)}` +
    `the dearest\n${by(({ cpuSeconds }) => cpuSeconds)}` +
    [...others]
      .map(([name, seconds]) => `${name}: ${seconds.toFixed(1)} s of processor time\n`)
      .join('')
  )
}

function line({ file, seconds, cpuSeconds }: FileTime): string {
  const text = (number: number): string => `${number.toFixed(1).padStart(7)} s`
  return `${text(seconds)}${text(cpuSeconds)} ${file}\n`
}

/** All of them, for a spreadsheet. */
export function keepTimes(times: readonly FileTime[], path = FILE): string {
  mkdirSync('node_modules/.cache', { recursive: true })
  const lines = times.map(({ file, seconds, cpuSeconds }) =>
    [file, seconds.toFixed(2), cpuSeconds.toFixed(2)].join('\t'),
  )
  writeFileSync(path, ['file\tseconds\tprocessor seconds', ...lines, ''].join('\n'))
  return path
}
