import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'run-'))
after(() => rmSync(folder, { recursive: true }))

/** A service that needs 1.6 s to drain, longer than any check of the wrapper. */
const file = join(folder, 'service.mjs')
writeFileSync(
  file,
  `import { setTimeout as delay } from 'node:timers/promises'
   import { createLogger, runService } from ${JSON.stringify(import.meta.resolve('@custom-events/service'))}
   await runService(async (resources) => {
     const alive = setInterval(() => {}, 1_000)
     resources.defer(async () => {
       process.stdout.write('draining\\n')
       await delay(1_600)
       clearInterval(alive)
       process.stdout.write('closed\\n')
     })
     setImmediate(() => process.stdout.write('running\\n'))
     return { log: createLogger({ service: 'test', level: 'fatal' }), shutdownTimeoutMs: 10_000 }
   })`,
)

async function running(command: string, args: readonly string[]) {
  const { npm_lifecycle_event: _none, ...env } = process.env // as started by systemd
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  const ended = once(child.stdout, 'end')
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.includes('running')) resolve()
    })
  })
  return { child, output: () => out, ended }
}

const wrapped = ['tools/run.mjs', relative(root, file)]

/** The processes of a control group, as systemd knows them: child processes in groups of their own too. */
function familyOf({ pid = 0 }: ChildProcess): readonly number[] {
  const family = [pid]
  for (const parent of family) {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    family.push(...children.split(' ').filter(Boolean).map(Number))
  }
  return family
}

for (const signals of [['SIGTERM'], ['SIGTERM', 'SIGHUP'], ['SIGINT', 'SIGTERM']] as const) {
  test(`${signals.join(' and ')} to every process of a service is one request to end`, async () => {
    const { child, output } = await running(process.execPath, wrapped)
    const family = familyOf(child)
    assert.ok(family.length >= 2, 'the wrapper and the program')
    for (const signal of signals) for (const pid of family) process.kill(pid, signal)
    const [code] = await once(child, 'close')
    assert.deepEqual([code, output()], [0, 'running\ndraining\nclosed\n'])
  })
}

test('a wrapper whose parent died lets the program drain to its end', async () => {
  const shell = ['-c', `"${process.execPath}" ${wrapped.join(' ')} & wait`]
  const { child, output, ended } = await running('sh', shell)
  child.kill('SIGKILL')
  await ended
  assert.equal(output(), 'running\ndraining\nclosed\n')
})

test('a parent that dies of the signal it passed on makes no second signal', async () => {
  const shell = ['-c', `"${process.execPath}" ${wrapped.join(' ')} & wait`]
  const { child, output, ended } = await running('sh', shell)
  for (const pid of familyOf(child)) process.kill(pid, 'SIGTERM')
  await ended
  assert.equal(output(), 'running\ndraining\nclosed\n')
})
