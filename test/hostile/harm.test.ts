import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { attackNamed } from '../../chaos/attacks/catalogue.ts'
import { measureHarm } from '../../chaos/attacks/harm.ts'
import { startIngestUnderAttack } from '../../chaos/attacks/ingest-under-attack.ts'
import { brokenLimits, HARM_LIMITS, type HarmLimits } from '../../chaos/attacks/limits.ts'
import { servers } from '../support/servers.ts'

/**
 * A few of the attacks of `npm run attacks`, for as long as each needs to do its harm, one after another on the same
 * ingest. The limits leave room for whatever else runs beside the tests; without what stops it, each attack
 * breaks one of them by far. How long the neighbour waits is told by `npm run attacks` only, which gives ingest a core:
 * here it is how long the machine has no time, and only who waits for ten seconds fails.
 */
const MEBIBYTE = 1_024 ** 2
const limits: HarmLimits = {
  ...HARM_LIMITS,
  neighbourP99Ms: Infinity,
  rssAboveIdleBytes: 256 * MEBIBYTE,
  cpuMsPerUnit: 6,
}
const names = ['chunks-of-one-byte', 'brotli-of-brackets', 'idle-connections']

test('no attack without a key makes a neighbour fail, ingest grow, or work for long', async (t) => {
  await using resources = new AsyncDisposableStack()
  const stack = resources.use(await servers())
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-harm-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const ingest = await startIngestUnderAttack({ servers: { ...stack.environment }, folder })
  resources.use(ingest)
  for (const name of names) {
    const harm = await measureHarm(ingest, attackNamed(name), {
      seconds: 1.5,
      quietSeconds: 0.3,
      neighbourPerSecond: 40,
      onAttacker: () => {},
    })
    t.diagnostic(JSON.stringify(harm))
    assert.deepEqual(brokenLimits(harm, limits), [], name)
  }
})
