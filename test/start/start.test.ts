import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { onOneWalk, processes, variablesOf } from '../support/processes.ts'

/** `npm start` as a person runs it; every process below it can be found by its TMPDIR. */
interface Run {
  readonly npm: ChildProcess
  readonly folder: string
  output(): string
  exit(): Promise<number | null>
}

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function start(portBase: number, ...args: readonly string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-start-'))
  folders.push(folder)
  const npm = spawn('npm', ['start', '--silent', '--', '--port-base', String(portBase), ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, as in a terminal
  })
  let output = ''
  for (const stream of [npm.stdout, npm.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const exited = once(npm, 'exit')
  return {
    npm,
    folder,
    output: () => output,
    exit: async () => {
      await exited
      return npm.exitCode
    },
  }
}

/** Processes that carry this run's TMPDIR, whoever their parent is by now. */
function processesOf({ folder }: Run): readonly number[] {
  // Who ends while we look may have started another that we did not see.
  return onOneWalk((onVanished) =>
    processes().filter((pid) => {
      const variables = variablesOf(pid)
      if (variables === null) onVanished()
      return variables?.includes(`TMPDIR=${folder}`) === true
    }),
  )
}

async function nothingIsLeft(run: Run): Promise<void> {
  await eventually(() => assert.deepEqual(processesOf(run), []), { withinMs: 30_000 })
}

const says = (run: Run, pattern: RegExp) =>
  eventually(() => assert.match(run.output(), pattern), { withinMs: 90_000 })

test('npm start -- --once prints the three rows, exits 0 and leaves no process', async () => {
  const run = start(7_700, '--once')
  assert.equal(await run.exit(), 0, run.output())
  for (const group of ['account_789', 'account_456', 'account_123']) {
    assert.match(run.output(), new RegExp(`│ ${group} *│ user_`))
  }
  await nothingIsLeft(run)
})

test('npm start stays up, says what to try, takes an event, and ends cleanly on Ctrl-C', async () => {
  const run = start(7_710)
  await says(run, /Stop everything with Ctrl-C/)
  assert.match(run.output(), /curl -s http:\/\/127\.0\.0\.1:7710\/track/)
  const response = await fetch('http://127.0.0.1:7710/track', {
    method: 'POST',
    body: '{"event":"signed_up","user_id":"user_1","group_id":"account_1"}',
  })
  assert.equal(response.status, 200)
  const [copied = ''] =
    /export CLICKHOUSE_PASSWORD=.*\n.*curl -s -u (?:.*\\\n)?.*/.exec(run.output()) ?? []
  await eventually(() => {
    const asked = spawnSync('bash', ['-c', copied], { encoding: 'utf8' })
    assert.match(asked.stdout, /│ signed_up/, `${copied}\n${asked.stdout}${asked.stderr}`)
  })
  process.kill(-(run.npm.pid ?? 0), 'SIGINT') // Ctrl-C reaches the whole group
  await run.exit()
  assert.match(run.output(), /stopping everything/)
  await nothingIsLeft(run)
})

test('npm start -- --shards 2 says how each ClickHouse is asked, and an event is in one of them', async () => {
  const run = start(7_750, '--shards', '2')
  await says(run, /Stop everything with Ctrl-C/)
  for (const shard of [1, 2]) assert.match(run.output(), new RegExp(`-- shard ${shard}, http://`))
  for (const group of ['account_789', 'account_456', 'account_123']) {
    assert.match(run.output(), new RegExp(`│ ${group} *│ user_`))
  }
  const response = await fetch('http://127.0.0.1:7750/track', {
    method: 'POST',
    body: '{"event":"signed_up","user_id":"user_1","group_id":"account_1"}',
  })
  assert.equal(response.status, 200)
  const [password = ''] = /export CLICKHOUSE_PASSWORD=.*/.exec(run.output()) ?? []
  const curls = run.output().match(/^ *curl -s -u .*\\\n.*$/gm) ?? []
  assert.equal(curls.length, 2)
  await eventually(() => {
    const answers = curls.map(
      (curl) => spawnSync('bash', ['-c', `${password}\n${curl}`], { encoding: 'utf8' }).stdout,
    )
    const having = answers.filter((answer) => answer.includes('signed_up'))
    assert.equal(having.length, 1, `${curls.join('\n')}\n${answers.join('\n')}`)
  })
  process.kill(-(run.npm.pid ?? 0), 'SIGINT')
  await run.exit()
  await nothingIsLeft(run)
})

for (const [moment, pattern] of [
  ['while the servers boot', /kafka/i],
  ['while the services start', /starting ingest and consumer/],
] as const) {
  test(`a signal ${moment} leaves no process behind`, async () => {
    const run = start(7_720)
    await says(run, pattern)
    run.npm.kill('SIGTERM')
    await run.exit()
    await nothingIsLeft(run)
  })
}

test('kill -9 of npm leaves no process behind', async () => {
  const run = start(7_730)
  await says(run, /Stop everything with Ctrl-C/)
  run.npm.kill('SIGKILL')
  await run.exit()
  await nothingIsLeft(run)
})

test('a taken port is named with the way to move it, before anything starts', async () => {
  const squatter = createServer().listen(7_740, '127.0.0.1')
  await once(squatter, 'listening')
  const run = start(7_740)
  assert.equal(await run.exit(), 1)
  assert.match(run.output(), /7740/)
  assert.match(run.output(), /--port-base/)
  await nothingIsLeft(run)
  squatter.close()
})
