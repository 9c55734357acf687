// The stack as a whole: what it leaves running, and what it says when it cannot start.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  clickhouseHeaders,
  StackError,
  startStack,
  type ServerName,
  type StackPorts,
} from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'
import { descendants, isAlive } from '../support/processes.ts'

const scratch = await mkdtemp(join(tmpdir(), 'stack-test-'))
process.env['TMPDIR'] = scratch // other stacks on this machine have folders of their own
after(() => rm(scratch, { recursive: true, force: true }))

const ports: StackPorts = {
  kafka: 7_903,
  kafkaController: 7_904,
  registry: 7_905,
  clickhouse: 7_906,
}

async function failureOf(starting: Promise<AsyncDisposable>): Promise<StackError> {
  const outcome = await starting.then(
    async (stack) => {
      await stack[Symbol.asyncDispose]()
      assert.fail('it should not have started')
    },
    (error: unknown) => error,
  )
  assert.ok(outcome instanceof StackError, String(outcome))
  return outcome
}

/** Local addresses that listen on a port, as the kernel writes them: 127.0.0.1 is 0100007F, also inside IPv6. */
async function listeningOn(port: number): Promise<readonly string[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return tables.flatMap((table) =>
    [...table.matchAll(/: ([\dA-F]+):([\dA-F]{4}) [\dA-F:]+ 0A /g)]
      .filter(([, , found]) => found === hex)
      .map(([, address = '']) => address),
  )
}

test('a server that dies is reported, the others stay, and it comes back with its data', async () => {
  const deaths: string[] = []
  const onServerDied = (server: ServerName, reason: string): void =>
    void deaths.push(`${server} ${reason}`)
  await using stack = await startStack({ onServerDied })
  const { kafka, registry, clickhouse } = stack
  const schemas = `${registry.url}/subjects/kept-value/versions`
  const ask = async (query: string): Promise<string> =>
    (
      await fetch(clickhouse.url, {
        method: 'POST',
        headers: clickhouseHeaders(stack.environment),
        body: query,
      })
    ).text()
  await fetch(schemas, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema: '"string"' }),
  })
  await ask('CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a')
  for (const url of [`http://${kafka.url}`, registry.url, clickhouse.url]) {
    const addresses = await listeningOn(Number(new URL(url).port))
    assert.ok(addresses.length > 0, url)
    for (const address of addresses) assert.match(address, /0100007F$/, `${url}: loopback only`)
  }
  const oldPid = registry.pid
  for (const server of [registry, clickhouse]) server.kill('SIGKILL')
  await eventually(() =>
    assert.deepEqual(deaths.toSorted(), [
      'clickhouse was killed by SIGKILL',
      'registry was killed by SIGKILL',
    ]),
  )
  assert.ok(isAlive(kafka.pid))
  await Promise.all([registry.restart(), clickhouse.restart()])
  assert.notEqual(registry.pid, oldPid)
  assert.deepEqual(await (await fetch(schemas)).json(), [1])
  assert.equal(await ask('EXISTS kept'), '1\n')
  const folder = join(stack.logDir, '..')
  await stack.stop()
  assert.equal(deaths.length, 2, 'stopping is no death')
  assert.deepEqual(descendants(process.pid), [])
  assert.equal(existsSync(folder), false)
})

test('aborting at any moment of the start leaves no process and no folder', async () => {
  for (const afterMs of [0, 100, 700, 1_500, 2_500]) {
    const foldersBefore = await readdir(scratch)
    const aborting = new AbortController()
    const outcome = startStack({ signal: aborting.signal }).then(
      () => 'started',
      (error: unknown) => error,
    )
    await delay(afterMs)
    const reason = new Error('enough')
    aborting.abort(reason)
    assert.equal(await outcome, reason)
    assert.deepEqual(descendants(process.pid), [], `after ${afterMs} ms`)
    assert.deepEqual(await readdir(scratch), foldersBefore)
  }
})

test('a server that dies while starting is named with its log, and ends the others', async () => {
  const error = await failureOf(startStack({ kafkaHeapMegabytes: 1 }))
  assert.match(
    error.message,
    /^kafka exited with code 1; its log .*kafka\.log ends with:\n[^]*heap/i,
  )
  assert.ok(existsSync(String(error.logFile)))
  assert.deepEqual(descendants(process.pid), [])
})

test('a taken port is named before anything starts', async () => {
  const other = createServer().listen(ports.registry, '127.0.0.1')
  await once(other, 'listening')
  const { message } = await failureOf(startStack({ ports })).finally(() => other.close())
  assert.match(message, /port 7905 for the schema registry: taken/)
  assert.match(message, /--port-base N/)
  assert.match(message, /docker compose up/)
})

test('a data folder that cannot be written is said so', async () => {
  const file = join(scratch, 'file')
  await writeFile(file, '')
  for (const dataDir of [join(file, 'data'), '/proc/nowhere']) {
    const { message } = await failureOf(startStack({ dataDir }))
    assert.match(message, new RegExp(`cannot keep their data in ${dataDir}`))
    assert.match(message, /Choose a dataDir/)
  }
})

test('a full disk is said so', async (t) => {
  const dataDir = await mkdtemp(join(scratch, 'full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dataDir])
  if (mounted.status !== 0)
    return t.skip(`SKIPPED: no small disk can be mounted: ${mounted.stderr.toString()}`)
  try {
    const { message } = await failureOf(startStack({ dataDir }))
    assert.match(message, /is full: [0-4] MB are free, 100 MB are needed/)
  } finally {
    spawnSync('umount', [dataDir])
  }
  assert.deepEqual(descendants(process.pid), [])
})
