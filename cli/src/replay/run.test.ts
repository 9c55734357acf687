import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOfId } from '@custom-events/clickhouse'
import type { OutgoingRecord, ProduceOutcome } from '@custom-events/kafka'
import type { Fate, Judged, Source } from './sources/judged.ts'
import { runReplay } from './run.ts'
import { add, emptyTally } from './tally.ts'

const record = (topic: string, name: string): OutgoingRecord => ({
  topic,
  partition: 0,
  key: null,
  value: Buffer.from(name),
})

/** Refused events in memory: what was resolved is not found again. */
function memorySource(fateByName: Readonly<Record<string, Fate['kind']>>, pageSize = 2) {
  const resolved = new Map<string, string>()
  const judgedOf = (name: string): Judged => ({
    name,
    topic: 'tracked',
    code: 'code_of_first_refusal',
    fate: fateOf(name, fateByName[name] ?? 'replay'),
    resolve: (resolution, to) => record('rejected', `${name} ${resolution} ${to}`),
  })
  const source: Source = {
    title: 'events',
    countResolved: async () => resolved.size,
    page: async (after) => {
      const names = Object.keys(fateByName).filter((name) => name > String(after?.[0] ?? ''))
      const open = names.filter((name) => !resolved.has(name)).slice(0, pageSize)
      const last = open.length < pageSize ? undefined : open.at(-1)
      return { judged: open.map(judgedOf), next: last === undefined ? null : [last] }
    },
  }
  return { source, resolved }
}

function fateOf(name: string, kind: Fate['kind']): Fate {
  switch (kind) {
    case 'refused':
      return { kind, code: 'code_of_now' }
    case 'unusable':
      return { kind, reason: 'truncated' }
    case 'replay':
    case 'superseded':
      return { kind, record: record('tracked', name) }
  }
}

/** Kafka in memory, away from the record that `isAway` says. */
function fakeKafka(
  resolved: Map<string, string>,
  isAway: (value: string, topic: string) => boolean = () => false,
) {
  const tracked: string[] = []
  const produce = async (records: readonly OutgoingRecord[]): Promise<ProduceOutcome[]> =>
    records.map(({ topic, value }) => {
      const text = String(value)
      if (isAway(text, topic)) return { status: 'unacknowledged', reason: 'kafka_unavailable' }
      if (topic === 'tracked') return { status: 'acknowledged', offset: tracked.push(text) - 1 }
      const [name = '', ...rest] = text.split(' ')
      resolved.set(name, rest.join(' '))
      return { status: 'acknowledged', offset: 0 }
    })
  return { tracked, producer: { produce } }
}

/** Takes what is written into `audit`. */
const takesAudit = {
  query: async <Row>() => [{ now: '2026-01-01 00:00:00.000' }] as Row[],
  user: 'replay',
  command: async () => {},
}

interface Given {
  readonly fates: Readonly<Record<string, Fate['kind']>>
  readonly isAway?: (value: string, topic: string) => boolean
  readonly clickhouse?: Omit<typeof takesAudit, 'command'> & {
    readonly command: (sql: string, params?: Readonly<Record<string, unknown>>) => Promise<void>
  }
}

function scene({ fates, isAway, clickhouse = takesAudit }: Given) {
  const { source, resolved } = memorySource(fates)
  const { tracked, producer } = fakeKafka(resolved, isAway)
  let output = ''
  const stopping = new AbortController()
  const run = async (
    options: { isDryRun?: boolean; caughtUp?: () => Promise<void>; groupId?: string } = {},
  ) => {
    output = ''
    const { isDryRun = false, caughtUp = async () => {}, groupId = null } = options
    const stop = stopping.signal
    const parts = { source, producer, clickhouse, fix: 'grant it', caughtUp, stop }
    const filter = { sinceMs: 0, untilMs: 0, codes: [], groupId, isForced: false }
    const write = (text: string): void => void (output += text)
    const code = await runReplay({ from: 'rejected', isDryRun, filter }, parts, {
      isTerminal: false,
      write,
    })
    return { code, output }
  }
  return { run, output: () => output, stopping, tracked, resolved }
}

test('what can be replayed is produced in order, told where it went, and the rest stays open', async () => {
  const { run, tracked, resolved } = scene({
    fates: { a: 'replay', b: 'superseded', c: 'refused', d: 'unusable', e: 'replay' },
  })
  const { code, output } = await run()
  assert.equal(code, 1, 'two stay open')
  assert.deepEqual(tracked, ['a', 'e'])
  assert.deepEqual(Object.fromEntries(resolved), {
    a: 'replayed tracked/0/0',
    b: 'superseded null',
    e: 'replayed tracked/0/1',
  })
  assert.equal(
    output,
    `topic    code                   found  replay  superseded  refused again  unusable
tracked  code_of_first_refusal      5       2           1              1         1
superseded: 1 of which a copy as new or newer is in the table; --force replays them
refused again: 1 with code_of_now
unusable: 1 kept only in part (beyond 64 KiB, or with personal data masked): the producer must send them again: d
2 events replayed: Kafka has them, the consumers insert them.
1 closed without: a copy as new was accepted meanwhile.
2 stay open, for the reasons above.
`,
  )
})

test('a dry run produces nothing and exits 0', async () => {
  const { run, tracked, resolved } = scene({ fates: { a: 'replay', b: 'refused' } })
  const { code, output } = await run({
    isDryRun: true,
    caughtUp: () => assert.fail('a dry run waits for nobody'),
  })
  assert.equal(code, 0)
  assert.match(output, /Dry run: nothing was changed\.\n$/)
  assert.deepEqual([tracked, [...resolved]], [[], []])
})

test('where nothing can be replayed it says so at its end, too', async () => {
  const { run } = scene({ fates: { a: 'refused', b: 'refused' } })
  const { code, output } = await run()
  assert.equal(code, 1)
  assert.match(output, /^0 events replayed.*\n2 stay open, for the reasons above\.\n$/m)
})

test('twice: the second finds nothing to do', async () => {
  const { run, tracked } = scene({ fates: { a: 'replay', b: 'superseded' } })
  assert.equal((await run()).code, 0)
  const { code, output } = await run()
  assert.equal(code, 0)
  assert.equal(output, 'No events to replay.\n2 events more were ended by earlier replays.\n')
  assert.deepEqual(tracked, ['a'])
})

test('Kafka goes away in the middle: it stops there, says how many, and exits 1', async () => {
  const { run, tracked, resolved } = scene({
    fates: { a: 'replay', b: 'replay', c: 'replay', d: 'replay', e: 'replay' },
    isAway: (value) => value === 'c',
  })
  const { code, output } = await run()
  assert.equal(code, 1)
  assert.deepEqual(tracked, ['a', 'b', 'd'], 'the page in hand, and no other')
  assert.deepEqual([...resolved.keys()], ['a', 'b', 'd'])
  assert.match(output, /^1 were not acknowledged by Kafka: .* Run it again/m)
})

test('an event is never told to be replayed before Kafka has it', async () => {
  const { run, resolved } = scene({
    fates: { a: 'replay', b: 'replay' },
    isAway: (_, topic) => topic === 'tracked',
  })
  assert.equal((await run()).code, 1)
  assert.equal(resolved.size, 0)
})

test('a note that Kafka does not take is told, and the event found again by the next run', async () => {
  const { run, tracked, resolved } = scene({
    fates: { a: 'replay' },
    isAway: (_, topic) => topic === 'rejected',
  })
  const { code, output } = await run()
  assert.equal(code, 1)
  assert.match(output, /^1 are done, but Kafka did not take the note/m)
  assert.deepEqual([tracked, resolved.size], [['a'], 0])
})

test('Ctrl-C: the page in hand is finished, no other is begun, and a second run goes on', async () => {
  const { run, stopping, tracked } = scene({
    fates: { a: 'replay', b: 'replay', c: 'replay', d: 'replay' },
    isAway: (value) => {
      if (value === 'b') stopping.abort()
      return false
    },
  })
  const { code, output } = await run()
  assert.equal(code, 130)
  assert.deepEqual(tracked, ['a', 'b'])
  assert.match(output, /Stopped before the end: what was replayed stays/)
})

test('consumers that are behind: nothing is said and nothing is done', async () => {
  const { run, output, tracked } = scene({ fates: { a: 'replay' } })
  const behind = (): Promise<never> => Promise.reject(new Error('behind'))
  await assert.rejects(run({ caughtUp: behind }), /behind/)
  assert.deepEqual([tracked, output()], [[], ''])
})

test('each page waits for the consumers: what was accepted before it is seen', async () => {
  const { run, tracked } = scene({ fates: { a: 'replay', b: 'replay', c: 'replay', d: 'replay' } })
  const producedBefore: number[] = []
  await run({ caughtUp: async () => void producedBefore.push(tracked.length) })
  assert.deepEqual(producedBefore, [0, 0, 2, 4], 'before counting, and before each of three pages')
})

test('what cannot be written into audit is told with what to do, and nothing is replayed', async () => {
  const clickhouse = {
    ...takesAudit,
    user: 'replay',
    command: () => Promise.reject(new Error('no INSERT on audit')),
  }
  const { run, tracked } = scene({ fates: { a: 'replay' }, clickhouse })
  await assert.rejects(run(), /table audit failed: no INSERT on audit\n  fix: grant it/)
  assert.deepEqual(tracked, [])
})

test('the account that is meant is in the audit as a hash only, also where it failed', async () => {
  const written: Readonly<Record<string, unknown>>[] = []
  const clickhouse = {
    ...takesAudit,
    command: async (_: string, params: Readonly<Record<string, unknown>> = {}) => {
      written.push(params)
    },
  }
  const failing = scene({
    fates: { a: 'replay' },
    isAway: () => assert.fail("in scope g = 'o\\'brien'"),
    clickhouse,
  })
  await assert.rejects(failing.run({ groupId: "o'brien" }), /brien/)
  await scene({ fates: { a: 'replay' }, clickhouse }).run({ groupId: "o'brien" })
  const args = written.map((each) => JSON.parse(String(each['arguments'])))
  assert.deepEqual(args.map((each) => each.group_hash), Array(4).fill(hashOfId("o'brien"))) // prettier-ignore
  assert.doesNotMatch(JSON.stringify(written), /brien/)
  assert.deepEqual(
    written.map((each) => each['outcome']),
    ['begun', 'failed', 'begun', 'done'],
  )
})

test('of those that cannot be replayed the first are named, and no more are kept', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `n${String(index).padStart(2, '0')}`)
  const { run } = scene({ fates: Object.fromEntries(names.map((name) => [name, 'unusable'])) })
  const { output } = await run({ isDryRun: true })
  assert.match(output, /unusable: 25 kept only in part.*: n00, .*n09 and 15 more\n/)
  const tally = emptyTally()
  const judged = { topic: 't', code: 'c', fate: { kind: 'unusable', reason: 'truncated' } as const }
  for (const name of names)
    add(tally, { ...judged, name, resolve: () => assert.fail() }, 'unusable')
  assert.equal(tally.unusableByReason.get('truncated')?.names.length, 10)
})
