// `npm test`: the checks, then the tests of every group but two, against one stack of real servers.
//
//   npm test                       everything but test:more and test:containers
//   npm test -- path/to/a.test.ts  only these files, with the servers
//   npm run test:unit | test:integration | test:e2e | test:chaos | test:more | test:containers
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { run, type EventData } from 'node:test'
import { spec } from 'node:test/reporters'
import { whyNoContainers } from '../test/support/containers.ts'
import { startServers } from '../test/support/servers.ts'
import { longestFirst } from './longest-first.ts'
import { bundled } from './test-bundles.ts'
import { filesOf, isGroup } from './test-groups.ts'
import { allCpuSeconds, createTestTimes, keepTimes, timesText } from './test-times.ts'

/** Node tells `failed`, too; its types do not know it. */
type Counts = EventData.TestSummary['counts'] & { readonly failed?: number }

/** Two for each core to count on: a good part of most files is waiting for a server, or for a time-out. */
const TOGETHER = { concurrency: 4, timeoutMs: 300_000 }
const ALONE = { concurrency: 1, timeoutMs: 900_000 }
/** Of files that somebody names, and of those that are long by themselves. */
const LONG = { concurrency: 4, timeoutMs: 900_000 }
/** Each has servers of its own. */
const CHAOS = { concurrency: 2, timeoutMs: 900_000 }
const totals = new Map<string, number>()
const times = createTestTimes()

const [wanted, ...rest] = process.argv.slice(2)
process.exitCode = await main()
if (wanted !== undefined) sayFiles()
sayTimes()

async function main(): Promise<number> {
  if (wanted === undefined) {
    const check = spawnSync(process.execPath, ['tools/check.ts'], { stdio: 'inherit' })
    times.othersEnded('checks')
    return check.status === 0 ? runEverything() : 1
  }

  if (wanted === 'chaos') return runTests(testFiles(wanted), {}, CHAOS)
  const files = testFiles(wanted)
  if (files.length === 0) {
    process.stderr.write(`no test file matches ${wanted}\n`)
    return 1
  }
  if (wanted === 'unit') return runTests(bundled(files), {})
  if (wanted === 'containers') return runOnContainers(files)
  return runWithServers(files, LONG)
}

async function runEverything(): Promise<number> {
  const first = await runWithServers([
    ...filesOf('integration'),
    ...filesOf('e2e'),
    ...bundled(filesOf('unit')),
  ])
  const second = await runTests(testFiles('chaos'), {}, CHAOS)
  sayFiles()
  sayTotals()
  return first === 0 ? second : first
}

async function runWithServers(files: readonly string[], limits = TOGETHER): Promise<number> {
  if (process.env['STACK'] === 'containers') {
    const reason = await whyNoContainers()
    if (reason !== null) return skipLoudly(files, reason)
  }
  try {
    await using servers = await startServers((line) => process.stderr.write(`servers: ${line}\n`))
    times.othersEnded('servers') // what starting them has run and waited for
    const variables = Object.entries(servers.environment)
    return await runTests(
      files,
      Object.fromEntries(variables.map(([name, value]) => [`TEST_${name}`, value])),
      limits,
    )
  } finally {
    times.othersEnded('servers') // they are stopped by now
  }
}

async function runOnContainers(files: readonly string[]): Promise<number> {
  const reason = await whyNoContainers()
  return reason === null ? runTests(files, {}, ALONE) : skipLoudly(files, reason)
}

function skipLoudly(files: readonly string[], reason: string): number {
  process.stdout.write(
    `SKIPPED: these tests need a Docker engine, and there is none here: ${reason}\n` +
      `0 passed, 0 failed, ${files.length} skipped\n`,
  )
  return 0
}

function testFiles(group: string): readonly string[] {
  return isGroup(group) ? filesOf(group) : [group, ...rest]
}

async function runTests(
  files: readonly string[],
  servers: Readonly<Record<string, string>>,
  { concurrency, timeoutMs } = TOGETHER,
): Promise<number> {
  const interrupted = new AbortController()
  const end = (): void => interrupted.abort()
  process.on('SIGINT', end).on('SIGTERM', end)
  const tests = run({
    files: longestFirst(files).map((file) => resolve(file)),
    concurrency,
    timeout: Number(process.env['TEST_TIMEOUT_MS'] ?? timeoutMs),
    signal: interrupted.signal,
    // A test that was given up may leave a page or a server open: its file ends all the same.
    forceExit: true,
    execArgv: ['--import', new URL('whole-report.mjs', import.meta.url).href],
    // What 200 files and their services import is compiled once.
    env: { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compile'), ...process.env, ...servers },
  })
  let isGood = true
  tests.on('test:complete', ({ name, file, nesting, details }) => {
    if (nesting === 0 && name === file) times.ended(name, details.duration_ms / 1_000)
  })
  tests.on('test:summary', ({ file, success, counts }) => {
    if (file !== undefined) return // of one file; the last is of all
    isGood = success
    addToTotals(counts)
  })
  const report = tests.compose(new spec())
  report.pipe(process.stdout, { end: false })
  await once(report, 'end')
  return isGood && !interrupted.signal.aborted ? 0 : 1
}

/** In the words of the closing lines of `node --test`. */
function addToTotals(counts: Counts): void {
  const { tests, suites, passed: pass, failed: fail = 0, cancelled, skipped, todo } = counts
  const closing = { tests, suites, pass, fail, cancelled, skipped, todo }
  for (const [name, count] of Object.entries(closing)) {
    totals.set(name, (totals.get(name) ?? 0) + count)
  }
}

function sayFiles(): void {
  const all = times.times()
  if (all.length <= 1) return
  const text = timesText(all, times.others())
  process.stdout.write(`${text}all of them: ${keepTimes(all)}\n`)
}

/** Of all processes that ended: how long a machine that is left alone takes at least, whatever else ran beside this. */
function sayTimes(): void {
  const cpuSeconds = Math.round(allCpuSeconds())
  process.stdout.write(`ℹ ${Math.round(process.uptime())} s, ${cpuSeconds} s of processor time\n`)
}

/** Closes like one run of all tests. */
function sayTotals(): void {
  const lines = [...totals].map(([name, count]) => `ℹ ${name} ${count}\n`)
  process.stdout.write(`ℹ all groups together\n${lines.join('')}`)
}
