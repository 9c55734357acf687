// `npm run sample`: half a year of a small product, posted to /track: what the answers of docs/cookbook.md are about.
import { makeSample, type SampleEvent } from './cookbook/sample.ts'
import { readArguments } from './read-arguments.ts'
import { tellFailure } from './tell-failure.ts'

const USAGE = `npm run sample: posts the sample of docs/cookbook.md to an ingest.

  npm run sample                             to http://127.0.0.1:3000
  npm run sample -- --url http://…:4000      to another; --key KEY is its write key

Twice is as good as once: every event has an id.`

const BATCH = 500
const TIMEOUT_MS = 30_000

const { values } = readArguments(USAGE, {
  options: { url: { type: 'string', default: 'http://127.0.0.1:3000' }, key: { type: 'string' } },
})
const { copies, events: different } = makeSample()
try {
  // One batch after the other: of two copies of an event the later wins.
  let ignored = 0
  for (let from = 0; from < copies.length; from += BATCH)
    ignored += await post(copies.slice(from, from + BATCH))
  process.stdout.write(
    `posted ${copies.length} events, ${different.length} different (the others are sent again or updated); ` +
      'they can be queried in a second or two\n',
  )
  if (ignored > 0) {
    process.stdout.write(
      `but for ${ignored} that were ignored: of somebody who is erased (npm run -s erase -- --list)\n`,
    )
  }
} catch (error) {
  process.stderr.write(`${tellFailure(error, { url: values.url, isSetBy: '--url' })}\n`)
  process.exitCode = 1
}

/** @returns how many were ignored. */
async function post(events: readonly SampleEvent[]): Promise<number> {
  const authorization = values.key === undefined ? {} : { authorization: `Bearer ${values.key}` }
  const answer = await fetch(`${values.url}/track?strict=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify({ events: events.map(sentEvent) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!answer.ok)
    throw new Error(`${values.url}/track answered ${answer.status}: ${await answer.text()}`)
  const { ignored } = (await answer.json()) as { readonly ignored: number } // as docs/producers.md promises
  return ignored
}

/** As a producer sends it: what ingest and ClickHouse add is left out. */
function sentEvent(event: SampleEvent): object {
  const { group_id, event_id, user_id, anonymous_id, properties } = event
  const timestamp = new Date(event.timestamp).toISOString()
  const sent_at = event.sent_at === null ? undefined : new Date(event.sent_at).toISOString()
  return {
    event: event.event,
    event_id,
    group_id,
    user_id,
    anonymous_id,
    timestamp,
    sent_at,
    properties,
  }
}
