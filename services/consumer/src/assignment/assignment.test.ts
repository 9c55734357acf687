import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerEvent, PartitionOffset } from '@custom-events/kafka'
import { consume, type SettleJob } from '../consume.ts'
import { Abandoned } from '../insert/retry-loop.ts'
import { deadLetterRoute } from '../read/route.ts'

const TOPIC = 't'

function records(
  epoch: number,
  from: number,
  next: number,
): Extract<ConsumerEvent, { kind: 'records' }> {
  const list = Array.from({ length: next - from }, (_, index) => ({
    partition: 0,
    offset: from + index,
    timestampMs: 0,
    key: null,
    value: null,
    headers: {},
  }))
  return {
    kind: 'records',
    epoch,
    topic: TOPIC,
    partition: 0,
    from,
    next,
    records: list,
    bytes: 100,
  }
}

const never = new AbortController().signal
const NEVER = { revoked: never, expelled: never }

function assigned(
  epoch: number,
  offset: number,
  latest = 1_000,
  signals: Pick<Extract<ConsumerEvent, { kind: 'assigned' }>, 'revoked' | 'expelled'> = NEVER,
): ConsumerEvent {
  const positions = [{ topic: TOPIC, partition: 0, offset, latest }]
  const logs = [{ clusterId: 'c', topic: TOPIC, topicId: 'i' }]
  return { kind: 'assigned', epoch, positions, logs, ...signals, releaseWithinMs: 60_000 }
}

/** Runs the loop over a fixed list of events and tells what was settled and committed. */
async function play(
  events: readonly ConsumerEvent[],
  options: {
    readonly settle?: (job: SettleJob) => unknown
    /** Records that come while a batch is inserted. */
    readonly meanwhile?: Extract<ConsumerEvent, { kind: 'records' }>[]
    readonly commit?: () => boolean
    readonly presentBeyond?: boolean
    readonly inDoubtOffsets?: number
    readonly maxRows?: number
  } = {},
): Promise<{
  settled: string[]
  committed: string[]
  inDoubtUpTo: (number | undefined)[]
  heldBytes: number
}> {
  const shutdown = new AbortController()
  const left = [...events]
  const settled: string[] = []
  const committed: string[] = []
  const inDoubtUpTo: (number | undefined)[] = []
  const all = [...events, ...(options.meanwhile ?? [])]
  let heldBytes = all.filter(({ kind }) => kind === 'records').length * 100
  await consume(
    {
      consumer: {
        fetch: async () => {
          const event = left.shift()
          if (event === undefined) shutdown.abort()
          return event ?? { kind: 'idle' }
        },
        takeRecords: async () => options.meanwhile?.shift() ?? null,
        commit: async (epoch: number, offsets: readonly PartitionOffset[]) => {
          const isCommitted = options.commit?.() ?? true
          if (isCommitted) committed.push(`${epoch}:${offsets.map(({ offset }) => offset).join()}`)
          return isCommitted
        },
      },
      routes: () => [deadLetterRoute(TOPIC)],
      learnLogs: async (logs) => logs.map((log) => ({ ...log, generation: 1 })),
      inDoubtOffsets: options.inDoubtOffsets ?? 2,
      shutdownWithinMs: 60_000,
      limits: {
        current: () => ({ maxRows: options.maxRows ?? 1, maxBytes: 1_000, maxAgeMs: 1_000 }),
        inserted: () => {},
      },
      budget: { add: (bytes) => (heldBytes += bytes), remove: (bytes) => (heldBytes -= bytes) },
      status: { outOfRange: () => {}, recovered: () => {} },
      settle: async (job) => {
        options.settle?.(job)
        inDoubtUpTo.push(job.inDoubt.get(0))
        settled.push(job.batch.records.map(({ offset }) => offset).join())
        const inDoubt = new Set(options.presentBeyond === true ? [0] : [])
        return {
          inserted: 0,
          alreadyThere: 0,
          erased: 0,
          refused: 0,
          inDoubt,
          undecodable: NONE,
          oldestMs: null,
        }
      },
      observe: {
        settled: () => {},
        abandoned: () => {},
        committed: () => {},
        gaps: () => {},
        assigned: () => {},
        positions: () => {},
      },
      clock: { now: () => 0, later: () => {} },
    },
    shutdown.signal,
  )
  return { settled, committed, inDoubtUpTo, heldBytes }
}

const NONE = {
  tombstone: 0,
  no_magic_byte: 0,
  unknown_schema: 0,
  unsupported_schema: 0,
  malformed_datum: 0,
  trailing_bytes: 0,
}

test('an assignment is in doubt until nothing that its previous owner may have left lies ahead', async () => {
  const events = [
    assigned(1, 0),
    records(1, 0, 2),
    records(1, 2, 4),
    assigned(2, 4),
    records(2, 4, 5),
  ]
  assert.deepEqual((await play(events)).inDoubtUpTo, [2, undefined, 6])
  assert.deepEqual((await play(events, { presentBeyond: true })).inDoubtUpTo, [2, 2, 6])
  assert.deepEqual((await play(events, { inDoubtOffsets: 3 })).inDoubtUpTo, [3, undefined, 7])
})

test('no assignment is in doubt beyond the end that its log had when it was assigned', async () => {
  const events = (latest: number): ConsumerEvent[] => [
    assigned(1, 0, latest),
    records(1, 0, 2),
    records(1, 2, 4),
  ]
  const cases = [
    [0, 0], // the first batch is asked about all the same
    [3, 3],
    [1_000, 100],
  ] as const
  for (const [latest, end] of cases) {
    const played = await play(events(latest), { inDoubtOffsets: 100 })
    assert.deepEqual(played.inDoubtUpTo, [end, undefined], `log of ${latest}`)
  }
})

test('after a batch was given up nothing of that assignment is committed any more', async () => {
  const released: number[] = []
  const result = await play(
    [
      assigned(1, 0),
      records(1, 0, 2),
      records(1, 2, 4), // given up
      records(1, 4, 6), // must not be settled and committed over the hole
      { kind: 'revoked', epoch: 1, release: () => released.push(1) },
      assigned(2, 2),
      records(2, 2, 4),
    ],
    {
      settle: (() => {
        let batches = 0
        return () => {
          if (++batches === 2) throw new Abandoned()
        }
      })(),
    },
  )
  assert.deepEqual(result.settled, ['0,1', '2,3'])
  assert.deepEqual(result.committed, ['1:2', '2:4'])
  assert.deepEqual(released, [1])
  assert.equal(result.heldBytes, 0)
})

test('who was expelled gives up what it has in hand: another may have read back already', async () => {
  const events = (revoked: AbortSignal, expelled: AbortSignal): ConsumerEvent[] => [
    assigned(1, 0, 1_000, { revoked, expelled }),
    records(1, 0, 2),
    records(1, 2, 4),
    { kind: 'revoked', epoch: 1, release: () => {} },
    assigned(2, 2),
    records(2, 2, 4),
  ]
  const afterwards = async (isExpelled: boolean) => {
    const [revoked, expelled] = [new AbortController(), new AbortController()]
    const settle = (): void => {
      revoked.abort() // for another reason, before
      if (isExpelled) expelled.abort()
    }
    return play(events(revoked.signal, expelled.signal), { settle })
  }
  assert.deepEqual((await afterwards(false)).settled, ['0,1', '2,3', '2,3'])
  const { settled, heldBytes } = await afterwards(true)
  assert.deepEqual(settled, ['0,1', '2,3'])
  assert.equal(heldBytes, 0)
})

test('every assignment begins with a small batch, so that one of a few seconds commits something', async () => {
  const fetches = (epoch: number, from: number): ConsumerEvent[] =>
    [0, 1, 2, 3, 4, 5].map((n) => records(epoch, from + n * 750, from + (n + 1) * 750))
  const result = await play(
    [assigned(1, 0), ...fetches(1, 0), assigned(2, 4_500), ...fetches(2, 4_500)],
    { maxRows: 50_000 },
  )
  assert.deepEqual(result.committed, ['1:1500', '2:6000', '2:9000'])
})

test('while a batch is inserted the next is gathered, made into a block, and inserted before anything else', async () => {
  const rowsAhead: (number | null)[] = []
  const meanwhile = [records(1, 2, 3), records(1, 3, 4), records(1, 4, 5)]
  const result = await play(
    [assigned(1, 0), records(1, 0, 2), { kind: 'revoked', epoch: 1, release: () => {} }],
    {
      maxRows: 2,
      meanwhile,
      settle: ({ batch }) => rowsAhead.push(batch.encoded?.rows ?? null),
    },
  )
  assert.deepEqual(result.settled, ['0,1', '2,3', '4'])
  assert.deepEqual(rowsAhead, [null, 2, null])
  assert.deepEqual(result.committed, ['1:2', '1:4', '1:5'])
  assert.equal(result.heldBytes, 0)
})

test('records of an older assignment are dropped', async () => {
  const result = await play([assigned(2, 0), records(1, 0, 2), records(2, 0, 1)])
  assert.deepEqual(result.settled, ['0'])
  assert.equal(result.heldBytes, 0)
})

test('a lost commit is made up for by the next', async () => {
  let commits = 0
  const events = [assigned(1, 0), records(1, 0, 1), records(1, 1, 2)]
  const result = await play(events, { commit: () => ++commits > 1 })
  assert.deepEqual(result.committed, ['1:2'])
})

test('a revocation is released only after what is in hand was settled and committed', async () => {
  const order: string[] = []
  await play(
    [
      assigned(1, 0),
      records(1, 0, 1),
      { kind: 'revoked', epoch: 1, release: () => order.push('released') },
    ],
    { settle: () => order.push('settled'), commit: () => (order.push('committed'), true) },
  )
  assert.deepEqual(order, ['settled', 'committed', 'released'])
})

test('an error that nobody foresaw ends the loop instead of skipping records', async () => {
  const events = [assigned(1, 0), records(1, 0, 1)]
  const bug = (): void => {
    throw new TypeError('a bug')
  }
  await assert.rejects(play(events, { settle: bug }), /a bug/)
})
