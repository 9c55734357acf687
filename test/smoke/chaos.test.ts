import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const SEED = '1'

test('accepted means kept: 100,000 events survive every kind of fault, and a full replay', async () => {
  const args = ['chaos/main.ts', '--tier', 'smoke', '--seed', SEED, '--shrink-runs', '0']
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let report = ''
  child.stdout.on('data', (chunk: Buffer) => (report += chunk.toString()))
  await once(child, 'close')
  assert.equal(child.exitCode, 0, report)
  assert.match(report, /^PROVEN in \d+ s/m, report)
})
