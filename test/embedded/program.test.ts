// `npm run stack` as a program of its own: its output, its end, and what a poor machine makes of it.
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { descendants, isAlive } from '../support/processes.ts'

const scratch = await mkdtemp(join(tmpdir(), 'program-test-'))
after(() => rm(scratch, { recursive: true, force: true }))

interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
}

function start(
  t: TestContext,
  portBase: number | string,
  environment: NodeJS.ProcessEnv = {},
  more: readonly string[] = [],
): Running {
  const args = ['tools/stack.ts', '--port-base', String(portBase), ...more]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TMPDIR: scratch, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  return { child, output: () => output, errors: () => errors }
}

async function exitCode({ child }: Running): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  return child.exitCode
}

const waiting = { withinMs: 110_000 }
const untilReady = (running: Running): Promise<void> =>
  eventually(
    () => assert.match(running.output(), /CLICKHOUSE_PASSWORD=.*\n/, running.errors()),
    waiting,
  )

test('it prints the variables, and Ctrl-C stops everything with exit code 0', async (t) => {
  const running = start(t, 7_800)
  await untilReady(running)
  const [password = ''] = /(?<=\nCLICKHOUSE_PASSWORD=).*/.exec(running.output()) ?? []
  assert.match(password, /^[\w-]{24}$/)
  const roles =
    /CLICKHOUSE_SETUP_USER=setup\n(?:CLICKHOUSE_[A-Z_]+_(?:USER=\w+|PASSWORD=[\w-]{24})\n){23}/
  assert.match(running.output(), roles)
  assert.equal(
    running.output().replace(roles, ''),
    'KAFKA_BROKERS=127.0.0.1:7803\n' +
      'SCHEMA_REGISTRY_URL=http://127.0.0.1:7805/apis/ccompat/v7\n' +
      'CLICKHOUSE_URL=http://127.0.0.1:7806\n' +
      `CLICKHOUSE_USER=default\nCLICKHOUSE_PASSWORD=${password}\n`,
  )
  const children = descendants(Number(running.child.pid))
  assert.ok(children.length >= 3)
  running.child.kill('SIGINT')
  assert.equal(await exitCode(running), 0)
  assert.deepEqual(children.filter(isAlive), [])
})

test('with --shards it prints where each ClickHouse is, in their order, and all take the same password', async (t) => {
  const running = start(t, 7_870, {}, ['--shards', '2'])
  await untilReady(running)
  const urls = ['http://127.0.0.1:7876', 'http://127.0.0.1:7893']
  assert.match(running.output(), new RegExp(`^CLICKHOUSE_URL=${urls[0]}$`, 'm'))
  assert.match(running.output(), new RegExp(`^CLICKHOUSE_SHARD_URLS=${urls.join(',')}$`, 'm'))
  assert.match(running.output(), /^CLICKHOUSE_SHARDS=2$/m)
  const password = /(?<=\nCLICKHOUSE_PASSWORD=).*/.exec(running.output())?.[0] ?? ''
  for (const [index, url] of urls.entries()) {
    assert.match(running.errors(), new RegExp(`shard ${index + 1}: curl -s .* ${url} `))
    const headers = { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': password }
    const response = await fetch(url, { method: 'POST', headers, body: 'SELECT 1' })
    assert.equal(await response.text(), '1\n')
  }
  running.child.kill('SIGINT')
  assert.equal(await exitCode(running), 0)
})

test('a number of shards that cannot share the partitions is refused', async (t) => {
  const running = start(t, 7_870, {}, ['--shards', '5'])
  assert.equal(await exitCode(running), 64)
  assert.match(running.errors(), /--shards takes 1, 2, 3, 4, 6.*got 5/)
})

test('its children die with it, also when it is killed with -9', async (t) => {
  const running = start(t, 7_810)
  await untilReady(running)
  const children = descendants(Number(running.child.pid))
  running.child.kill('SIGKILL')
  await exitCode(running)
  await eventually(() => assert.deepEqual(children.filter(isAlive), []), { withinMs: 5_000 })
})

test('a damaged cache is noticed and fetched again', async (t) => {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'custom-events')
  const source = process.env['CUSTOM_EVENTS_CACHE'] || cache
  const damaged = join(scratch, 'cache')
  if (!existsSync(source)) return t.skip(`SKIPPED: nothing is cached in ${source}`)
  await cp(source, damaged, { recursive: true })
  const entries = await readdir(damaged)
  const folderOf = (prefix: string): string =>
    join(damaged, entries.find((entry) => entry.startsWith(prefix)) ?? '')
  const jar = join(folderOf('kafka-'), 'kafka-server-common-4.4.0.jar')
  await writeFile(jar, Buffer.alloc((await readFile(jar)).length)) // as long as before
  const runner =
    (await readdir(folderOf('apicurio-'))).find((file) => file.endsWith('-runner.jar')) ?? ''
  await writeFile(join(folderOf('apicurio-'), runner), 'cut') // shorter
  const running = start(t, 7_820, { CUSTOM_EVENTS_CACHE: damaged })
  await untilReady(running)
  assert.match(running.errors(), /the cached files of kafka are damaged/)
  assert.match(running.errors(), /downloading Apicurio/)
  running.child.kill('SIGTERM')
  assert.equal(await exitCode(running), 0)
  // A folder that Kafka has formatted may be new.
  const isFetched = (entry: string): boolean => !/^(?:\.lock$|formatted-)/.test(entry)
  assert.deepEqual(
    (await readdir(damaged)).filter(isFetched).toSorted(),
    entries.filter(isFetched).toSorted(),
  )
})

test('Ctrl-C while it downloads leaves no process and no half entry', async (t) => {
  const cache = join(scratch, 'empty-cache')
  const running = start(t, 7_830, { CUSTOM_EVENTS_CACHE: cache })
  await eventually(() => assert.match(running.errors(), /downloading/), waiting)
  const children = descendants(Number(running.child.pid))
  running.child.kill('SIGINT')
  assert.equal(await exitCode(running), 0)
  assert.deepEqual(children.filter(isAlive), [])
  assert.deepEqual(
    (await readdir(cache)).filter((entry) => entry !== '.lock'),
    [],
  )
})

test('what Maven says is kept when it fails', async (t) => {
  const bin = await toolsWithout('mvn')
  await script(join(bin, 'mvn'), 'echo "Could not transfer artifact: Connection refused"; exit 1')
  const running = start(t, 7_840, { PATH: bin, CUSTOM_EVENTS_CACHE: join(scratch, 'offline') })
  assert.equal(await exitCode(running), 1)
  assert.match(running.errors(), /mvn .* failed with code 1; its output is in \//)
  const log = /its output is in (\S+)/.exec(running.errors())?.[1] ?? ''
  assert.match(await readFile(log, 'utf8'), /Connection refused/)
})

test('what is missing is named all at once, with the remedy', async (t) => {
  const bin = await toolsWithout('java', 'mvn', 'setpriv')
  const running = start(t, 7_850, { PATH: bin })
  assert.equal(await exitCode(running), 1)
  const text = running.errors()
  assert.match(text, /Java 17 or newer: no java on PATH\. Install/)
  assert.match(text, /Maven: no mvn on PATH\. Install/)
  assert.match(text, /setpriv and flock .*: not found on PATH\. Install the package util-linux/)
  assert.match(text, /docker compose up -d --wait/)
  assert.equal(running.output(), '')
})

test('an old Java is named with its version', async (t) => {
  const bin = await toolsWithout('java')
  await script(join(bin, 'java'), `echo 'openjdk version "11.0.2" 2019-01-15' >&2`)
  const running = start(t, 7_860, { PATH: bin })
  assert.equal(await exitCode(running), 1)
  assert.match(running.errors(), /Java 17 or newer: java on PATH is version 11\.0\.2/)
})

test('a port base that is none is refused', async (t) => {
  const running = start(t, 'many')
  assert.equal(await exitCode(running), 64)
  assert.match(running.errors(), /--port-base takes a whole number from 1 to 65529/)
})

/** A folder for PATH with the tools that the stack uses, but for some. */
async function toolsWithout(...missing: readonly string[]): Promise<string> {
  const bin = await mkdtemp(join(scratch, 'bin-'))
  await mkdir(bin, { recursive: true })
  const tools = ['sh', 'true', 'mkfifo', 'tar', 'java', 'mvn', 'setpriv', 'flock']
  for (const tool of tools.filter((name) => !missing.includes(name))) {
    const found = String(process.env['PATH'])
      .split(delimiter)
      .find((folder) => existsSync(join(folder, tool)))
    if (found !== undefined) await symlink(join(found, tool), join(bin, tool))
  }
  return bin
}

async function script(path: string, body: string): Promise<void> {
  await writeFile(
    path,
    `#!${spawnSync('sh', ['-c', 'command -v sh']).stdout.toString().trim()}\n${body}\n`,
  )
  await chmod(path, 0o755)
}
