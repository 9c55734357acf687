import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { createEventCodec, eventAvroSchema } from '@custom-events/codec'
import { BLANK_EVENT, createErasedIds, erasedIdOf, erasedKey } from '@custom-events/event'
import { SchemaRegistryError, type FetchedRecord } from '@custom-events/kafka'
import { readNative } from '../../../../packages/codec/src/testing/native-reader.fixture.ts'
import { NOBODY_KNOWN, type KnownErased } from '../erased/known-erased.ts'
import type { InDoubt } from './in-doubt.ts'
import type { RefusedRecord } from '../dead-letter/refused-record.ts'
import { createFakeClickHouse, type Fate } from '../testing/fake-clickhouse.fixture.ts'
import { Abandoned } from './retry-loop.ts'
import { createPoisonWindow, type OnUnknownSchema } from '../dead-letter/poison.ts'
import type { Wait } from './retry.ts'
import { avroRoute } from '../read/route.ts'
import { settle } from './settle.ts'

const codec = createEventCodec()
const event = {
  ...BLANK_EVENT,
  event_id: 'id',
  event: 'tested',
  group_id: 'account',
  timestamp: 1_700_000_000_000,
  received_at: 1_700_000_000_000,
}

function record(offset: number, value: Buffer): FetchedRecord {
  return { partition: 3, offset, timestampMs: 0, key: null, value, headers: {} }
}

/** Settles batches of one route and tells what was waited for and what was set aside. */
function createSettling(options: {
  readonly onUnknownSchema?: OnUnknownSchema
  readonly knownIds: Set<number>
  readonly onWait: (wait: Wait) => void
  /** What the next insert meets. @default ok */
  readonly fate?: () => Fate
  /** Rows that ClickHouse refuses. @default none */
  readonly isPoison?: (row: { readonly offset: number }) => boolean
  /** @default 0 */
  readonly allowed?: number
  /** What the registry says for so long. @default nothing bad */
  readonly registry?: () => SchemaRegistryError | null
  /** Whether the log still has its generation. @default it has */
  readonly confirm?: (log: unknown, isAnew: boolean) => Promise<void>
  /** What ClickHouse is asked and given, in order. */
  readonly onRequest?: (what: string) => void
  /** Who is erased. @default nobody */
  readonly erased?: () => Promise<KnownErased>
  /** Rows that somebody's view on the table refuses. */
  readonly isRefusedByView?: (row: { readonly offset: number }) => boolean
  readonly isTooWide?: (block: Buffer) => boolean
  readonly onTooManyParts?: () => void
}) {
  const setAside: RefusedRecord[] = []
  const clickhouse = createFakeClickHouse({
    gate: async (what) => options.onRequest?.(what),
    fate: options.fate ?? (() => 'ok'),
    isPoison: options.isPoison ?? (() => false),
    ...(options.isTooWide === undefined ? {} : { isTooWide: options.isTooWide }),
    ...(options.isRefusedByView === undefined
      ? {}
      : {
          isRefusedByView: options.isRefusedByView,
          views: [{ database: 'o', name: 'mine' }],
        }),
  })
  const { allowed = 0 } = options
  const told: (readonly [number, number])[] = []
  const onAllowed = (count: number, left: number): void => void told.push([count, left])
  const schema = async (id: number): Promise<string> => {
    const failure = options.registry?.() ?? null
    if (failure !== null) throw failure
    if (options.knownIds.has(id)) return eventAvroSchema
    throw new SchemaRegistryError('unknown', `no schema ${id}`, null)
  }
  const route = avroRoute({
    topic: 't',
    table: 'events',
    readerSchema: eventAvroSchema,
    registry: { schema },
    poison: createPoisonWindow({ allowed, onAllowed }),
  }).of({ clusterId: 'c', topic: 't', topicId: 'i', generation: 1 })
  const ports = {
    clickhouse,
    confirm: options.confirm ?? (async () => {}),
    erased: options.erased ?? (async () => NOBODY_KNOWN),
    setAside: async (_log: unknown, refused: readonly RefusedRecord[]) => {
      setAside.push(...refused)
    },
    retryLoop: {
      wait: async (wait: Wait) => options.onWait(wait),
      counted: () => {},
      recovered: () => {},
    },
    observe: { insertSeconds: () => {}, readBack: () => {} },
    onTooManyParts: options.onTooManyParts ?? (() => {}),
    budget: { add: () => {}, remove: () => {} },
    abandon: new AbortController().signal,
    onUnknownSchema: options.onUnknownSchema ?? 'halt',
  }
  return {
    setAside,
    told,
    rows: () => clickhouse.rows('events').map(({ offset }) => offset),
    all: () => clickhouse.rows('events'),
    settle: (records: readonly FetchedRecord[], inDoubt: InDoubt = new Map()) =>
      settle(ports, { route, records, encoded: null, inDoubt }),
  }
}

test('each insert is confirmed first: without that nothing more is written', async () => {
  let confirmed = 0
  const fates: Fate[] = ['memory', 'ok']
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => {},
    fate: () => fates.shift() ?? 'ok',
    confirm: async () => {
      if (++confirmed === 3) throw new Abandoned()
    },
  })
  const single = [record(4, codec.encode(event, 7))]
  await settling.settle(single)
  assert.deepEqual([settling.rows(), confirmed], [[4], 2], 'also before what is tried again')
  await assert.rejects(settling.settle([record(5, codec.encode(event, 7))]), Abandoned)
  assert.deepEqual(settling.rows(), [4])
})

test('each insert is confirmed after all that it waits for: the address may stand for another server then', async () => {
  let isOurs = true
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => {},
    erased: async () => {
      isOurs = false // it took as long as that
      return NOBODY_KNOWN
    },
    confirm: async () => {
      if (!isOurs) throw new Abandoned()
    },
  })
  await assert.rejects(settling.settle([record(4, codec.encode(event, 7))]), Abandoned)
  assert.deepEqual(settling.rows(), [])
})

test('what a read-back has found counts once our server says that it was asked', async () => {
  const order: string[] = []
  const says: (Error | null)[] = []
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => void order.push('wait'),
    onRequest: (what) => void order.push(what),
    confirm: async (_log, isAnew) => {
      order.push(isAnew ? 'confirm anew' : 'confirm')
      const failure = isAnew ? (says.shift() ?? null) : null
      if (failure !== null) throw failure
    },
  })
  const records = values(2)
  await settling.settle(records)
  order.length = 0
  says.push(busy('reading table shard'))
  const again = await settling.settle(records, new Map([[3, 10]]))
  assert.deepEqual([again.alreadyThere, settling.rows().length], [2, 2])
  const asking = order.slice(0, order.indexOf('confirm anew'))
  assert.ok(asking.length > 0)
  const waited = ['confirm anew', 'wait', 'confirm anew']
  assert.deepEqual(order, [...asking, ...waited, ...asking, 'confirm anew', 'confirm'])
  says.push(new Abandoned())
  await assert.rejects(settling.settle(records, new Map([[3, 10]])), Abandoned)
})

/** Of an insert it would mean that half of the rows may do. */
function busy(doing: string): ClickHouseFailure {
  const said = { code: 159, status: 500, network: null, message: 'TIMEOUT_EXCEEDED' }
  return new ClickHouseFailure(doing, said)
}

test('a ClickHouse that is too slow to confirm anything splits no batch', async () => {
  const failures = [busy('reading kafka_logs'), busy('reading kafka_logs')]
  const waits: Wait[] = []
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: (wait) => void waits.push(wait),
    confirm: async () => {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
    },
  })
  await settling.settle(values(4))
  assert.deepEqual(waits.map(({ action, reason }) => `${action} ${reason}`), ['retry timeout', 'retry timeout']) // prettier-ignore
  assert.equal(new Set(settling.all().map(({ block }) => block)).size, 1)
})

test('each insert that is refused because of too many parts is told, so that batches may wait longer', async () => {
  const fates: Fate[] = ['tooManyParts', 'memory', 'tooManyParts', 'ok']
  let told = 0
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => {},
    fate: () => fates.shift() ?? 'ok',
    onTooManyParts: () => (told += 1),
  })
  await settling.settle([record(4, codec.encode(event, 7))])
  assert.deepEqual([settling.rows(), told], [[4], 2])
})

test('a kafka_logs that cannot be read is waited for, and is no failed insert', async () => {
  const said = { code: 60, status: 404, network: null, message: 'no table' }
  const failures = [new ClickHouseFailure('reading kafka_logs', said)]
  const waits: Wait[] = []
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: (wait) => void waits.push(wait),
    confirm: async () => {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
    },
  })
  await settling.settle([record(4, codec.encode(event, 7))])
  assert.deepEqual(settling.rows(), [4])
  assert.deepEqual(
    waits.map(({ action }) => action),
    ['halt'],
  )
  assert.match(waits[0]?.error.message ?? '', /npm run setup/)
})

test('a registry that was restored empty dead-letters nothing and is asked until it has the schema', async () => {
  const knownIds = new Set<number>()
  const waits: Wait[] = []
  const settling = createSettling({
    knownIds,
    onWait: (wait) => {
      waits.push(wait)
      if (waits.length === 3) knownIds.add(7)
    },
  })
  await settling.settle([record(4, codec.encode(event, 7)), record(5, codec.encode(event, 7))])
  assert.deepEqual(settling.setAside, [])
  assert.deepEqual(settling.rows(), [4, 5])
  assert.equal(waits.length, 3)
  for (const { action, reason, delayMs, error } of waits) {
    assert.deepEqual([action, reason], ['halt', 'unknown_schema'])
    assert.ok(delayMs >= 5_000, 'slowly')
    assert.match(error.message, /^t\/3@4: .* id 7, .*restore.*POISON_UNKNOWN_SCHEMA=dead_letter/)
  }
})

test('records of an unknown schema are set aside when that was asked for, however many', async () => {
  const settling = createSettling({
    onUnknownSchema: 'dead_letter',
    knownIds: new Set([7]),
    onWait: ({ error }) => assert.fail(error),
  })
  const foreign = Array.from({ length: 150 }, (_, offset) => record(offset, codec.encode(event, 8)))
  const settled = await settling.settle([...foreign, record(150, codec.encode(event, 7))])
  assert.equal(settled.undecodable.unknown_schema, 150)
  assert.equal(settling.setAside.length, 150)
  assert.deepEqual(settling.rows(), [150])
})

test('batch after batch of poison halts instead of draining onto the dead-letter topic', async () => {
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: ({ action, reason }) => {
      assert.deepEqual([action, reason], ['halt', 'too_much_poison'])
      throw new Halted()
    },
  })
  const drain = async (): Promise<never> => {
    for (let offset = 0; ; offset += 10) {
      if (offset > 10_000) assert.fail('it drains')
      await settling.settle(
        Array.from({ length: 10 }, (_, index) => record(offset + index, Buffer.from('garbage'))),
      )
    }
  }
  await assert.rejects(drain, Halted)
  assert.equal(settling.setAside.length, 100)
})

test('a failed insert does not forget how far a previous owner may have got', async () => {
  const fates: Fate[] = ['ok', 'refused', 'ok']
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => {},
    fate: () => fates.shift() ?? 'ok',
  })
  const value = codec.encode(event, 7)
  await settling.settle([record(8, value)])
  const inDoubt = new Map([[3, 10]])
  assert.deepEqual((await settling.settle([record(4, value)], inDoubt)).inDoubt, new Set([3]))
  assert.deepEqual((await settling.settle([record(9, value)], inDoubt)).inDoubt, new Set())
  assert.deepEqual(settling.rows(), [8, 4, 9])
})

class Halted extends Error {}

const garbage = (from: number, count: number): readonly FetchedRecord[] =>
  Array.from({ length: count }, (_, index) => record(from + index, Buffer.from('garbage')))

test("somebody else's records halt, name the way out, and pass by it: as many as allowed, once", async () => {
  const halts: string[] = []
  const halted = createSettling({
    knownIds: new Set([7]),
    onWait: ({ action, reason, error }) => {
      assert.deepEqual([action, reason], ['halt', 'too_much_poison'])
      halts.push(error.message)
      throw new Halted()
    },
  })
  const batch = [...garbage(0, 160), record(160, codec.encode(event, 7))]
  await assert.rejects(halted.settle(batch), Halted)
  const [, suggested] = /POISON_SET_ASIDE_UP_TO=(\d+)/.exec(halts[0] ?? '') ?? []
  assert.ok(Number(suggested) >= 160, halts[0])

  const allowed = Number(suggested)
  const going = createSettling({
    knownIds: new Set([7]),
    allowed,
    onWait: ({ reason }) => {
      assert.equal(reason, 'too_much_poison')
      throw new Halted()
    },
  })
  await going.settle(batch)
  assert.deepEqual([going.setAside.length, going.rows()], [160, [160]])
  assert.deepEqual(going.told, [[160, allowed - 160]])
  await going.settle([...garbage(200, 50), record(250, codec.encode(event, 7))])
  assert.equal(going.told.length, 1, 'what was allowed speaks against nothing that follows')
  await assert.rejects(going.settle(garbage(300, allowed)), Halted, 'it ends by itself')
  assert.equal(going.setAside.length, 210)
})

test('rows that ClickHouse refuses pass by the same way out', async () => {
  const good = (count: number): readonly FetchedRecord[] =>
    Array.from({ length: count }, (_, offset) => record(offset, codec.encode(event, 7)))
  const isPoison = ({ offset }: { readonly offset: number }): boolean => offset < 150
  const halted = createSettling({
    knownIds: new Set([7]),
    isPoison,
    onWait: ({ action, reason, error }) => {
      assert.deepEqual([action, reason], ['halt', 'too_much_poison'])
      assert.match(error.message, /POISON_SET_ASIDE_UP_TO=\d{3}/)
      throw new Halted()
    },
  })
  await assert.rejects(halted.settle(good(300)), Halted)
  const going = createSettling({
    knownIds: new Set([7]),
    isPoison,
    allowed: 150,
    onWait: ({ error }) => assert.fail(error),
  })
  const settled = await going.settle(good(300))
  assert.equal(settled.refused, 150)
  assert.deepEqual([going.setAside.length, going.rows().length], [150, 150])
  assert.deepEqual(going.told, [[150, 0]])
})

test('records that do not decode and rows that are refused count together', async () => {
  const good = Array.from({ length: 220 }, (_, index) => record(80 + index, codec.encode(event, 7)))
  const batch = [...garbage(0, 80), ...good]
  const isPoison = ({ offset }: { readonly offset: number }): boolean => offset < 160
  const halts: string[] = []
  const halted = createSettling({
    knownIds: new Set([7]),
    isPoison,
    onWait: ({ reason, error }) => {
      assert.equal(reason, 'too_much_poison')
      halts.push(error.message)
      throw new Halted()
    },
  })
  await assert.rejects(halted.settle(batch), Halted)
  const [, suggested] = /beside 80 .*POISON_SET_ASIDE_UP_TO=(\d+)/.exec(halts[0] ?? '') ?? []
  assert.ok(Number(suggested) >= 160, halts[0])
  const enough = createSettling({
    knownIds: new Set([7]),
    isPoison,
    allowed: 160,
    onWait: ({ error }) => assert.fail(error),
  })
  await enough.settle(batch)
  assert.deepEqual([enough.setAside.length, enough.told], [160, [[160, 0]]])
  const tooFew = createSettling({
    knownIds: new Set([7]),
    isPoison,
    allowed: 159,
    onWait: () => {
      throw new Halted()
    },
  })
  await assert.rejects(tooFew.settle(batch), Halted)
})

test('a registry that does not let us read halts and names the right; one that is away is retried', async () => {
  const cases = [
    ['denied', 'halt', 'registry_rights', /right to read them/],
    ['unavailable', 'retry', 'registry', /^fake$/],
  ] as const
  for (const [failure, action, reason, text] of cases) {
    let left = 3
    const waits: Wait[] = []
    const settling = createSettling({
      knownIds: new Set([7]),
      onWait: (wait) => void waits.push(wait),
      registry: () => (left-- > 0 ? new SchemaRegistryError(failure, 'fake', null) : null),
    })
    await settling.settle([record(1, codec.encode(event, 7))])
    assert.deepEqual([settling.rows(), settling.setAside], [[1], []])
    assert.equal(waits.length, 3)
    for (const wait of waits) {
      assert.deepEqual([wait.action, wait.reason], [action, reason])
      assert.match(wait.error.message, text)
    }
  }
})

test('a schema that exists and is no Avro is set aside, and nothing waits for it', async () => {
  const settling = createSettling({
    knownIds: new Set(),
    onWait: ({ error }) => assert.fail(error),
    registry: () => new SchemaRegistryError('unsupported', 'it is of the type JSON', null),
  })
  const settled = await settling.settle([record(1, codec.encode(event, 8))])
  assert.equal(settled.undecodable.unsupported_schema, 1)
  assert.equal(settling.setAside[0]?.refusal.code, 'unsupported_schema')
})

const values = (count: number, change: (index: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, index) =>
    record(index, codec.encode({ ...event, event_id: `e${index}`, ...change(index) }, 7)),
  )

test('what a view refuses is narrowed to one record, which halts, and no row misses the view', async () => {
  let isMended = false
  const waits: Wait[] = []
  const settling = createSettling({
    knownIds: new Set([7]),
    isRefusedByView: ({ offset }) => offset === 11 && !isMended,
    onWait: (wait) => {
      waits.push(wait)
      const inViews = new Set(
        settling.all().flatMap(({ offset, isInViews }) => (isInViews ? [offset] : [])),
      )
      assert.deepEqual(
        [...inViews].toSorted((one, other) => one - other),
        Array.from({ length: 11 }, (_, index) => index),
        'all before it have passed',
      )
      if (waits.length === 3) isMended = true
    },
  })
  const settled = await settling.settle(values(40))
  assert.equal(settled.inserted, 40)
  assert.equal(settled.alreadyThere, 0)
  assert.equal(waits.length, 3)
  for (const { action, error } of waits) {
    assert.equal(action, 'halt')
    assert.match(error.message, /the record t\/3@11 is refused by one of the views .*o\.mine/)
  }
  const offsets = settling.all().flatMap(({ offset, isInViews }) => (isInViews ? [offset] : []))
  assert.equal(new Set(offsets).size, 40)
  assert.equal(offsets.length, 40, 'no view has a row twice')
  assert.ok(settling.all().length < 4 * 40, 'waiting does not fill the table')
})

test('rows in doubt are inserted again where somebody has a view on the table', async () => {
  const fates: Fate[] = ['ok', 'torn', 'ok']
  const settling = createSettling({
    knownIds: new Set([7]),
    fate: () => fates.shift() ?? 'ok',
    isRefusedByView: () => false,
    onWait: () => {},
  })
  const records = values(3)
  await settling.settle(records.slice(0, 1))
  const settled = await settling.settle(records.slice(1))
  assert.equal(settled.inserted, 2)
  assert.deepEqual(settling.rows(), [0, 1, 2, 1, 2])
  const again = await settling.settle(records, new Map([[3, 10]]))
  assert.equal(again.inserted, 3, 'after an assignment, too')
})

test('after a definite failure all of the block is inserted again, half done or not', async () => {
  const fates: Fate[] = ['half', 'ok']
  const settling = createSettling({
    knownIds: new Set([7]),
    fate: () => fates.shift() ?? 'ok',
    onWait: () => {},
  })
  const settled = await settling.settle(values(2))
  assert.deepEqual([settled.inserted, settled.alreadyThere], [2, 0])
  assert.deepEqual(settling.rows(), [0, 0, 1])
})

test('a block over too many months is inserted by months, each of them whole', async () => {
  const monthsOf = (block: Buffer): number =>
    new Set(readNative(block).map((row) => new Date(Number(row['timestamp'])).getUTCMonth())).size
  let blocks = 0
  const settling = createSettling({
    knownIds: new Set([7]),
    isTooWide: (block) => {
      blocks++
      return monthsOf(block) > 4
    },
    onWait: ({ error }) => assert.fail(error),
  })
  const month = (index: number): object => ({ timestamp: Date.UTC(2026, index % 12, 1 + index) })
  const settled = await settling.settle(values(48, month))
  assert.equal(settled.inserted, 48)
  assert.equal(new Set(settling.rows()).size, 48)
  assert.equal(settling.rows().length, 48)
  assert.equal(blocks, 7, 'twelve, then twice six, then four times three')
})

test('a single record that ClickHouse refuses as too many months halts', async () => {
  const settling = createSettling({
    knownIds: new Set([7]),
    isTooWide: () => true,
    onWait: ({ action, reason }) => {
      assert.equal(reason, 'too_many_partitions')
      if (action === 'halt') throw new Halted()
    },
  })
  await assert.rejects(settling.settle(values(2)), Halted)
})

function knownErased(user: string | null, mayBegin: () => boolean = () => true): KnownErased {
  const ids = createErasedIds()
  if (user !== null) {
    const id = erasedIdOf('user', user)
    const spans = [{ timestampBefore: null, receivedBefore: null }]
    ids.set(erasedKey(id), { ...id, spans, erasureId: 'e', askedBy: '', askedAt: 0 })
  }
  return { ids, version: user === null ? 0 : 1, mayBegin }
}

const ofUser = (offset: number, user_id: string): FetchedRecord =>
  record(offset, codec.encode({ ...event, event_id: `id-${offset}`, user_id }, 7))

test('records of somebody who is erased are left out and counted, the others are inserted', async () => {
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => {},
    erased: async () => knownErased('gone'),
  })
  const settled = await settling.settle([ofUser(1, 'here'), ofUser(2, 'gone'), ofUser(3, 'here')])
  assert.deepEqual(settling.rows(), [1, 3])
  assert.deepEqual([settled.inserted, settled.erased, settled.refused], [2, 1, 0])
  const none = await settling.settle([ofUser(4, 'gone')])
  assert.deepEqual([settling.rows(), none.inserted, none.erased], [[1, 3], 0, 1])
})

test('who is erased while ClickHouse is away is left out of the next attempt', async () => {
  const fates: Fate[] = ['memory', 'ok']
  let asked = 0
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => {},
    fate: () => fates.shift() ?? 'ok',
    erased: async () => knownErased(asked++ === 0 ? null : 'gone'),
  })
  const settled = await settling.settle([ofUser(1, 'here'), ofUser(2, 'gone')])
  assert.deepEqual([settling.rows(), settled.erased], [[1], 1])
})

test('an insert does not begin when somebody was erased since its records were looked at', async () => {
  let asked = 0
  const settling = createSettling({
    knownIds: new Set([7]),
    onWait: () => {},
    erased: async () => (asked++ === 0 ? knownErased(null, () => false) : knownErased('gone')),
  })
  const settled = await settling.settle([ofUser(1, 'here'), ofUser(2, 'gone')])
  assert.deepEqual([settling.rows(), settled.erased, asked], [[1], 1, 2])
})
