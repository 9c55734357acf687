import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

/** A service that tells when it is closed, and meets `event` as soon as it has started. */
const program = (event: string): string => `
  import { createLogger, runService } from ${JSON.stringify(import.meta.resolve('./index.ts'))}
  await runService(async (resources) => {
    const alive = setInterval(() => {}, 1_000)
    resources.defer(() => { clearInterval(alive); process.stdout.write('closed\\n') })
    setImmediate(() => { ${event} })
    return { log: createLogger({ service: 'test', level: 'fatal' }), shutdownTimeoutMs: 10_000 }
  })`

async function run(event: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(event)], {
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
    const { code, out } = await run(event)
    assert.equal(code, 1, event)
    assert.match(out, /thrown by a bug.*\n?.*closed/s, event)
  }
})

test('SIGTERM drains the service and ends it with 0', async () => {
  const { code, out } = await run(`process.kill(process.pid, 'SIGTERM')`)
  assert.deepEqual([code, out], [0, 'closed\n'])
})
