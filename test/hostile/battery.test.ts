import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort } from '@custom-events/embedded'
import { startTestPipeline } from '../support/pipeline.ts'
import { runBattery } from './battery.ts'
import { showReport } from './report.ts'

/** Other inputs, and more of them: see CONTRIBUTING.md. */
const { HOSTILE_SEED = '1', HOSTILE_SCALE = '1' } = process.env

test('of 23,000 hostile inputs none breaks ingest, none is poison, and what is accepted is stored as sent', async (t) => {
  const ports = {
    ingest: await freePort(),
    ingestOps: await freePort(),
    consumerOps: await freePort(),
  }
  await using pipeline = await startTestPipeline({ ports })
  const report = await runBattery(pipeline, {
    seed: Number(HOSTILE_SEED),
    scale: Number(HOSTILE_SCALE),
    budgetMs: 50_000 * Number(HOSTILE_SCALE),
    opsUrl: `http://127.0.0.1:${ports.ingestOps}`,
  })
  t.diagnostic(showReport(report))
  assert.equal(report.faultCount, 0, showReport(report))
  assert.ok(report.isCutShort || report.inputs >= 23_000 * Number(HOSTILE_SCALE))
})
