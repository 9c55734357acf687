// `npm test`: the checks, then every test against one stack of real servers.
//
//   npm test                       everything
//   npm test -- path/to/a.test.ts  only these files, with the servers
//   npm run test:unit | test:integration | test:e2e
import { globSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { whyNoContainers } from '../test/support/containers.ts'
import { startServers } from '../test/support/servers.ts'

const groups = {
  unit: ['packages/**/*.test.ts', 'services/**/*.test.ts', 'tools/**/*.test.ts'],
  integration: ['test/{chaos,embedded,kafka,ingest,consumer,sdks,start}/**/*.test.ts'],
  // The only group that also runs on containers.
  e2e: ['test/*.test.ts'],
} as const
type Group = keyof typeof groups

const [wanted, ...rest] = process.argv.slice(2)
process.exitCode = await main()

async function main(): Promise<number> {
  if (wanted === undefined) {
    const check = spawnSync(process.execPath, ['tools/check.ts'], { stdio: 'inherit' })
    if (check.status !== 0) return 1
  }
  const files = testFiles()
  if (files.length === 0) {
    process.stderr.write(`no test file matches ${wanted}\n`)
    return 1
  }
  if (wanted === 'unit') return runTests(files, {})
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

function skipLoudly(files: readonly string[], reason: string): number {
  process.stdout.write(
    `SKIPPED: STACK=containers needs a Docker engine, and there is none here: ${reason}\n` +
      `0 passed, 0 failed, ${files.length} skipped\n`,
  )
  return 0
}

function testFiles(): readonly string[] {
  if (wanted === undefined) return globSync(Object.values(groups).flat()).toSorted()
  if (wanted in groups) return globSync([...groups[wanted as Group]]).toSorted()
  return [wanted, ...rest]
}

async function runTests(
  files: readonly string[],
  servers: Readonly<Record<string, string>>,
): Promise<number> {
  const args = ['--test', '--test-timeout=180000', '--test-concurrency=2', '--test-reporter=spec']
  const child = spawn(process.execPath, [...args, ...files], {
    stdio: 'inherit',
    env: { ...process.env, ...servers },
  })
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  await once(child, 'exit')
  return child.exitCode ?? 1
}
