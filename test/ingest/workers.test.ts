import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEventCodec } from '@custom-events/codec'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import { makeTopics, post, readRecords, startIngest, type IngestProcess } from './support.ts'

const WORKERS = { WORKERS: '2' }
const event = (group: string, id: string) =>
  `{"event":"e","group_id":"${group}","user_id":"u","event_id":"${id}","timestamp":"2023-11-03T10:15:20.123Z"}`

/** Ids of processes that take events, in the order in which they said so. */
function workersOf(ingest: IngestProcess): readonly number[] {
  const lines = ingest.output().split('\n')
  return lines
    .filter((line) => line.includes('"taking events"'))
    .map((line): number => JSON.parse(line).pid)
}

/** Every worker is ready. */
async function whenAllReady(ingest: IngestProcess): Promise<void> {
  await eventually(async () => {
    const answer = await (await fetch(`${ingest.opsUrl}/health/ready`)).json()
    assert.deepEqual(answer, { status: 'ready', reasons: [] })
  })
}

/** Two that are ready. */
async function startWorkers(
  stack: Awaited<ReturnType<typeof servers>>,
  topic: string,
): Promise<IngestProcess> {
  const environment = { ...stack.environment, ...WORKERS, KAFKA_TOPIC: topic }
  const ingest = await startIngest(environment)
  try {
    await whenAllReady(ingest)
    return ingest
  } catch (error) {
    await ingest[Symbol.asyncDispose]()
    throw error
  }
}

/** Of a counter with all its labels, by worker. */
async function countsOf(ingest: IngestProcess, name: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${ingest.opsUrl}/metrics`)).text()
  const counts = new Map<string, number>()
  for (const [, labels = '', value] of text.matchAll(
    new RegExp(`^custom_events_${name}\\{(.*)\\} (\\S+)$`, 'gm'),
  )) {
    const worker = /worker="([^"]+)"/.exec(labels)?.[1] ?? ''
    counts.set(worker, (counts.get(worker) ?? 0) + Number(value))
  }
  return counts
}

/** received = accepted + rejected + ignored + unacknowledged, in every worker that is asked. */
async function assertLaw(ingest: IngestProcess): Promise<void> {
  const received = await countsOf(ingest, 'events_received_total')
  const parts = await Promise.all(
    ['accepted', 'rejected', 'ignored', 'unacknowledged'].map((name) =>
      countsOf(ingest, `events_${name}_total`),
    ),
  )
  for (const [worker, count] of received) {
    const sum = parts.reduce((total, part) => total + (part.get(worker) ?? 0), 0)
    assert.equal(count, sum, `worker ${worker}`)
  }
}

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((total, count) => total + count, 0)

async function idsIn(brokers: string, topic: string, count: number): Promise<ReadonlySet<string>> {
  const codec = createEventCodec()
  const records = await readRecords(brokers, topic, count)
  return new Set(
    records.flatMap(({ value }) => (value === null ? [] : [codec.decode(value).value.event_id])),
  )
}

test('a worker that is killed is replaced; the other answers meanwhile, and nothing accepted is lost', async () => {
  await using stack = await servers()
  const { KAFKA_BROKERS: brokers } = stack.environment
  const topics = await makeTopics(brokers)
  await using ingest = await startWorkers(stack, topics.tracked)

  const accepted = new Set<string>()
  const refused: unknown[] = []
  let cut = 0
  const over = new AbortController()
  const send = async (client: number): Promise<void> => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      const id = `${client}-${count}`
      try {
        const { status, body } = await post(ingest.url, event(`g${client}`, id))
        if (status === 200) accepted.add(id)
        else refused.push(body)
      } catch {
        cut += 1 // its connection was that of the killed one
      }
    }
  }
  const clients = Array.from({ length: 20 }, (_, client) => send(client))
  await eventually(() => assert.ok(accepted.size >= 300))
  const [victim = 0, survivor = 0] = workersOf(ingest)
  process.kill(victim, 'SIGKILL')
  const before = accepted.size
  await eventually(() => assert.ok(accepted.size >= before + 300))
  await eventually(() => assert.equal(workersOf(ingest).length, 3))
  await eventually(async () =>
    assert.deepEqual(await countsOf(ingest, 'workers_died_total'), new Map([['primary', 1]])),
  )
  await whenAllReady(ingest)
  over.abort()
  await Promise.all(clients)
  assert.deepEqual(refused, [], 'nobody meets a worker that is not ready')
  assert.ok(cut <= 20, `${cut} requests were cut`)
  assert.ok(process.kill(survivor, 0))
  const kept = await idsIn(brokers, topics.tracked, accepted.size)
  assert.deepEqual(
    [...accepted].filter((id) => !kept.has(id)),
    [],
  )
  await assertLaw(ingest)
})

test('the metrics of all workers are at the one ops port, each with its own', async () => {
  await using stack = await servers()
  const topics = await makeTopics(stack.environment.KAFKA_BROKERS)
  await using ingest = await startWorkers(stack, topics.tracked)
  let accepted = 0
  // Connections go to each in turn; which are opened at all is up to the client.
  const received = await eventually(async () => {
    const events = Array.from({ length: 40 }, () => event('g', `e-${++accepted}`))
    const answers = await Promise.all(events.map((each) => post(ingest.url, each)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const counts = await countsOf(ingest, 'events_received_total')
    assert.deepEqual([...counts.keys()].toSorted(), ['1', '2'])
    assert.ok([...counts.values()].every((count) => count > 0))
    return counts
  })
  assert.equal(sumOf(received), accepted)
  await post(ingest.url, '{}')
  assert.equal(sumOf(await countsOf(ingest, 'events_received_total')), accepted + 1)
  assert.equal(sumOf(await countsOf(ingest, 'events_accepted_total')), accepted)
  assert.equal(sumOf(await countsOf(ingest, 'events_rejected_total')), 1)
  await assertLaw(ingest)
})

test('SIGTERM under load reaches every worker: each request is answered, exit 0', async () => {
  await using stack = await servers()
  const { KAFKA_BROKERS: brokers } = stack.environment
  const topics = await makeTopics(brokers)
  await using ingest = await startWorkers(stack, topics.tracked)

  const accepted = new Set<string>()
  const failures: unknown[] = []
  const send = async (client: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const id = `${client}-${count}`
      const { status, body } = await post(ingest.url, event(`g${client}`, id))
      if (status === 200) accepted.add(id)
      else if (body.code === 'draining')
        return // as told: this instance takes no more
      else failures.push(body)
    }
  }
  const clients = Array.from({ length: 20 }, (_, client) =>
    send(client).catch((error: unknown) => failures.push(error)),
  )
  await eventually(() => assert.ok(accepted.size >= 300, String(failures[0])))
  const startedAt = performance.now()
  // As systemd and a terminal do: the signal to all, and the primary's word beside it.
  for (const pid of workersOf(ingest)) process.kill(pid, 'SIGTERM')
  ingest.kill('SIGTERM')
  await Promise.all(clients)
  assert.equal(await ingest.exited, 0, ingest.output())
  assert.ok(performance.now() - startedAt < 10_000)
  assert.deepEqual(failures, [], 'a request was cut, or refused for another reason')
  const kept = await idsIn(brokers, topics.tracked, accepted.size)
  assert.deepEqual(
    [...accepted].filter((id) => !kept.has(id)),
    [],
  )
})

test('a wrong configuration exits 78 and is told once, also when only a worker can see it', async (t) => {
  await using wrong = await startIngest({ ...WORKERS, KAFKA_PARTITIONS: 'many' })
  assert.equal(await wrong.exited, 78)
  assert.equal(wrong.output().match(/KAFKA_PARTITIONS/g)?.length, 1)

  const plans = mkdtempSync(join(tmpdir(), 'plans-'))
  t.after(() => rmSync(plans, { recursive: true }))
  writeFileSync(join(plans, 'a.json'), '{')
  await using bad = await startIngest({ ...WORKERS, TRACKING_PLANS_DIR: plans })
  assert.equal(await bad.exited, 78, bad.output())
  assert.equal(bad.output().match(/TRACKING_PLANS_DIR is /g)?.length, 1)
})
