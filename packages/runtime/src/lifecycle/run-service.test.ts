import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

/**
 * A service that tells when it is closed, which takes it `drainMs`, and meets `event` as soon as it has started;
 * `during` its start.
 */
const program = ({ event = '', during = '', drainMs = 0 }: Scene): string => `
  import { setTimeout as delay } from 'node:timers/promises'
  import { createLogger, runService } from ${JSON.stringify(import.meta.resolve('../index.ts'))}
  await runService(async (resources) => {
    const alive = setInterval(() => {}, 1_000)
    resources.defer(async () => {
      process.stdout.write('draining\\n')
      await delay(${drainMs})
      clearInterval(alive)
      process.stdout.write('closed\\n')
    })
    ${during}
    setImmediate(() => { ${event} })
    return { log: createLogger({ service: 'test', level: 'fatal' }), shutdownTimeoutMs: 10_000 }
  })`

interface Scene {
  readonly event?: string
  readonly during?: string
  readonly drainMs?: number
}

async function run(scene: Scene): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(scene)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const [code] = await once(child, 'close')
  return { code, out }
}

test('an error that nobody caught drains the service, then ends it with 1 and the reason', async () => {
  for (const event of [
    `throw new Error('thrown by a bug')`,
    `Promise.reject(new Error('thrown by a bug'))`,
  ]) {
    const { code, out } = await run({ event })
    assert.equal(code, 1, event)
    assert.match(out, /thrown by a bug.*\n?.*closed/s, event)
  }
})

const signals = (...named: string[]): string =>
  named.map((signal) => `process.kill(process.pid, '${signal}')`).join(';')

for (const [what, ...named] of [
  ['one signal', 'SIGTERM'],
  ['copies of one signal', 'SIGTERM', 'SIGTERM', 'SIGTERM'],
  ['Ctrl-C that npm passes on', 'SIGINT', 'SIGINT', 'SIGTERM'],
  ["systemd's SendSIGHUP", 'SIGTERM', 'SIGHUP'],
] as const) {
  test(`${what}: the service drains to its end, once, and ends with 0`, async () => {
    const { code, out } = await run({ event: signals(...named), drainMs: 300 })
    assert.deepEqual([code, out], [0, 'draining\nclosed\n'])
  })
}

test('a copy that a busy wrapper passes on late is still the same signal', async () => {
  const event = `${signals('SIGTERM')}; setTimeout(() => { ${signals('SIGTERM')} }, 600)`
  const { code, out } = await run({ event, drainMs: 900 })
  assert.deepEqual([code, out], [0, 'draining\nclosed\n'])
})

test('somebody who signals again later does not want to wait: exit 1 at once', async () => {
  const event = `${signals('SIGTERM')}; setTimeout(() => { ${signals('SIGTERM')} }, 1_200)`
  const { code, out } = await run({ event, drainMs: 9_000 })
  assert.deepEqual([code, out], [1, 'draining\n'])
})

test('a signal during the start is obeyed as soon as there is something to close', async () => {
  const { code, out } = await run({ during: `${signals('SIGTERM')}; await delay(200)` })
  assert.deepEqual([code, out], [0, 'draining\nclosed\n'])
})

test('a signal after an error that nobody caught does not cut its draining short', async () => {
  const event = `setTimeout(() => { ${signals('SIGTERM')} }, 50); throw new Error('thrown by a bug')`
  const { code, out } = await run({ event, drainMs: 300 })
  assert.equal(code, 1)
  assert.match(out, /draining.*closed/s)
})
