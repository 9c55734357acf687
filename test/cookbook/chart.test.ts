// From nothing to a chart, as docs/analysts.md tells it: the sample is posted, its rows come, a picture is drawn.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { makeSample } from '../../tools/cookbook/sample.ts'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline } from '../support/pipeline.ts'
import { servers } from '../support/servers.ts'

const TIMEOUT_MS = 60_000

test('the sample, posted twice, draws the picture of the page', async () => {
  await using stack = await servers()
  await using pipeline = await startTestPipeline({ servers: stack.environment })
  const [row] = await pipeline.query<{ name: string }>('SELECT currentDatabase() AS name')
  const env = { ...process.env, ...stack.environment, CLICKHOUSE_DATABASE: row?.name }
  const run = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, args, { env, timeout: TIMEOUT_MS })).stdout

  const { copies, events } = makeSample()
  for (let time = 0; time < 2; time++) {
    const told = await run('tools/post-sample.ts', '--url', pipeline.url)
    assert.match(told, new RegExp(`^posted ${copies.length} events, ${events.length} different `))
  }
  await eventually(
    async () => {
      const [counted] = await pipeline.query<{ events: string }>(
        'SELECT count() AS events FROM tracked',
      )
      assert.equal(Number(counted?.events), events.length)
    },
    { withinMs: 30_000 },
  )
  const range = ['--from', '2025-10-06', '--to', '2026-04-06', '--tz', 'America/New_York']
  const picture = await run('tools/chart.ts', '03-active-users', ...range)
  assert.equal(picture, readFileSync('docs/figures/cookbook/03-active-users.svg', 'utf8'))
})
