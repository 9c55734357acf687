// `npm test`: the checks, then every test against one stack of real servers.
//
//   npm test                       everything
//   npm test -- path/to/a.test.ts  only these files, with the servers
//   npm run test:unit | test:integration | test:e2e | test:chaos | test:containers
import { globSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { whyNoContainers } from '../test/support/containers.ts'
import { startServers } from '../test/support/servers.ts'

const groups = {
  unit: ['packages/**/*.test.ts', 'services/**/*.test.ts', 'tools/**/*.test.ts'],
  integration: [
    'test/{bench,chaos,embedded,hostile,kafka,ingest,consumer,sdks,start}/**/*.test.ts',
  ],
  // The only group that also runs on containers.
  e2e: ['test/*.test.ts'],
  // On docker-compose.yml, with its images at hand: see tools/test-containers.sh.
  containers: ['test/containers/*.test.ts'],
  // On servers of its own, which it kills; last and alone, so that it disturbs nobody.
  chaos: ['test/smoke/**/*.test.ts'],
} as const
type Group = keyof typeof groups

const TOGETHER = { concurrency: 2, timeoutMs: 180_000 }
const ALONE = { concurrency: 1, timeoutMs: 900_000 }
const totals = new Map<string, number>()

const [wanted, ...rest] = process.argv.slice(2)
process.exitCode = await main()

async function main(): Promise<number> {
  if (wanted === undefined) {
    const check = spawnSync(process.execPath, ['tools/check.ts'], { stdio: 'inherit' })
    return check.status === 0 ? runEverything() : 1
  }

  if (wanted === 'chaos') return runTests(testFiles(wanted), {}, ALONE)
  const files = testFiles(wanted)
  if (files.length === 0) {
    process.stderr.write(`no test file matches ${wanted}\n`)
    return 1
  }
  if (wanted === 'unit') return runTests(files, {})
  if (wanted === 'containers') return runOnContainers(files)
  return runWithServers(files)
}

async function runEverything(): Promise<number> {
  const { unit, integration, e2e } = groups
  const first = await runWithServers(globSync([...unit, ...integration, ...e2e]).toSorted())
  const second = await runTests(testFiles('chaos'), {}, ALONE)
  sayTotals()
  return first === 0 ? second : first
}

async function runWithServers(files: readonly string[]): Promise<number> {
  if (process.env['STACK'] === 'containers') {
    const reason = await whyNoContainers()
    if (reason !== null) return skipLoudly(files, reason)
  }
  await using servers = await startServers((line) => process.stderr.write(`servers: ${line}\n`))
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLICKHOUSE_URL } = servers.environment
  return await runTests(files, {
    TEST_KAFKA_BROKERS: KAFKA_BROKERS,
    TEST_SCHEMA_REGISTRY_URL: SCHEMA_REGISTRY_URL,
    TEST_CLICKHOUSE_URL: CLICKHOUSE_URL,
  })
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
  if (group in groups) return globSync([...groups[group as Group]]).toSorted()
  return [group, ...rest]
}

async function runTests(
  files: readonly string[],
  servers: Readonly<Record<string, string>>,
  { concurrency, timeoutMs } = TOGETHER,
): Promise<number> {
  const args = [
    '--test',
    `--test-timeout=${process.env['TEST_TIMEOUT_MS'] ?? timeoutMs}`,
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
  ]
  const child = spawn(process.execPath, [...args, ...files], {
    stdio: ['inherit', 'pipe', 'inherit'],
    env: { ...process.env, ...servers },
  })
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  child.stdout.pipe(process.stdout, { end: false })
  for await (const line of createInterface({ input: child.stdout })) addToTotals(line)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? 1
}

/** Adds up the closing lines of `node --test`. */
function addToTotals(line: string): void {
  const [, name, count] =
    /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo) (\d+)$/.exec(line) ?? []
  if (name !== undefined) totals.set(name, (totals.get(name) ?? 0) + Number(count))
}

/** Closes like one run of all tests. */
function sayTotals(): void {
  const lines = [...totals].map(([name, count]) => `ℹ ${name} ${count}\n`)
  process.stdout.write(`ℹ all groups together\n${lines.join('')}`)
}
