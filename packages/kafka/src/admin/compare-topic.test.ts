import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareTopic, settingsOfNew } from './compare-topic.ts'
import type { FoundTopic, TopicSettings, WantedTopic } from './topic-finding.ts'

const asked: TopicSettings = {
  replicationFactor: 3,
  minInsyncReplicas: 2,
  retentionMs: 168 * 3_600_000,
  compression: 'zstd',
}
const wanted: WantedTopic = { partitions: 12, pins: [12], asked }
const asMade = Object.fromEntries(settingsOfNew(asked).map(({ name, value }) => [name, value]))
const untouched = { 'retention.bytes': '-1' }

function found(settings: Readonly<Record<string, string>> = {}, rest: Partial<FoundTopic> = {}) {
  return {
    topic: 't',
    partitions: 12,
    replicationFactor: 3,
    settings: new Map(Object.entries({ ...asMade, ...untouched, ...settings })),
    ...rest,
  }
}

/** Findings as `severity name=value`, or `severity text`. */
const verdicts = (topic: FoundTopic, of: WantedTopic) =>
  compareTopic(topic, of).map(({ severity, change, text }) =>
    change === null ? `${severity} ${text}` : `${severity} ${change.name}=${change.value}`,
  )

test('a topic that setup made is as asked', () => {
  assert.deepEqual(verdicts(found(), wanted), [])
  assert.deepEqual(verdicts(found(), { ...wanted, asked: null }), [])
})

for (const [what, topic, ofSetup, ofService] of [
  [
    'compacted',
    found({ 'cleanup.policy': 'compact' }),
    /^refused.*only the last event/,
    /^refused.*compact/,
  ],
  ['compacted and deleted', found({ 'cleanup.policy': 'compact,delete' }), /^refused/, /^refused/],
  ['kept for ever by an empty policy', found({ 'cleanup.policy': '' }), /^told/, /^told/],
  [
    'kept for an hour',
    found({ 'retention.ms': '3600000' }),
    /^mend retention\.ms=604800000$/,
    /^told.*1 h only/,
  ],
  ['kept for a second', found({ 'retention.ms': '1000' }), /^mend/, /^told.*1000 ms only/],
  ['kept for longer', found({ 'retention.ms': '999999999999' }), /^told.*deletes nothing/, null],
  ['kept for ever', found({ 'retention.ms': '-1' }), null, null],
  ['bounded by bytes', found({ 'retention.bytes': '1000000' }), /^told.*sooner/, /^told/],
  [
    'acknowledged by one replica',
    found({ 'min.insync.replicas': '1' }),
    /^mend min\.insync\.replicas=2$/,
    null,
  ],
  ['acknowledged by all', found({ 'min.insync.replicas': '3' }), /^told/, null],
  [
    'acknowledged by more than there are',
    found({ 'min.insync.replicas': '4' }),
    /^mend min\.insync\.replicas=2$/,
    /^told/,
  ],
  [
    'unclean elections',
    found({ 'unclean.leader.election.enable': 'true' }),
    /^mend unclean\.leader\.election\.enable=false$/,
    /^told.*lost/,
  ],
  [
    'small messages',
    found({ 'max.message.bytes': '1048588' }),
    /^mend max\.message\.bytes=2097152$/,
    null,
  ],
  [
    "the producer's clock",
    found({ 'message.timestamp.type': 'CreateTime' }),
    /^mend message\.timestamp\.type=LogAppendTime$/,
    null,
  ],
  [
    'compressed anew by brokers',
    found({ 'compression.type': 'lz4' }),
    /^mend compression\.type=producer$/,
    /^told.*KAFKA_COMPRESSION=zstd.*store it as lz4/,
  ],
  [
    'inflated by brokers',
    found({ 'compression.type': 'uncompressed' }),
    /^mend compression\.type=producer$/,
    /^told.*store it as uncompressed/,
  ],
  [
    'compressed by brokers where ingest does not',
    found({ 'compression.type': 'zstd' }),
    /^told.*below 16 KiB/,
    null,
  ],
  [
    'one replica',
    found({ 'min.insync.replicas': '1' }, { replicationFactor: 1 }),
    /^refused.*KAFKA_REPLICATION_FACTOR=3/,
    null,
  ],
  ['too few partitions', found({}, { partitions: 6 }), /^refused/, /^refused/],
  ['partitions were added', found({}, { partitions: 24 }), /^told.*first 12/, /^told/],
  ['settings that we may not read', found({}, { settings: null }), null, null],
] as const) {
  test(`a topic of which is found: ${what}`, () => {
    check(verdicts(topic, wanted)[0], ofSetup)
    check(verdicts(topic, { ...wanted, asked: null, compression: 'zstd' })[0], ofService)
  })
}

test('where order does not matter more partitions are as good, and fewer are not', () => {
  const side = { ...wanted, partitions: 3, pins: null }
  assert.deepEqual(verdicts(found({}, { partitions: 24 }), side), [])
  assert.match(verdicts(found({}, { partitions: 1 }), side)[0] ?? '', /^refused.*3 are needed/)
})

test('an unclean election of a topic with one replica chooses among one', () => {
  const single = { ...asked, replicationFactor: 1, minInsyncReplicas: 1 }
  const settings = { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' }
  const topic = found(settings, { replicationFactor: 1 })
  assert.deepEqual(verdicts(topic, { ...wanted, asked: single }), [])
})

function check(verdict: string | undefined, expected: RegExp | null): void {
  if (expected === null) assert.equal(verdict, undefined)
  else assert.match(verdict ?? 'nothing found', expected)
}

test('more replicas in sync than a topic has are not asked of it', () => {
  const topic = found({ 'min.insync.replicas': '1' }, { replicationFactor: 1 })
  const single = { ...asked, replicationFactor: 1 }
  assert.match(
    verdicts(topic, { ...wanted, asked: single })[0] ?? '',
    /^refused.*KAFKA_MIN_INSYNC_REPLICAS=2/,
  )
})

test('a setting of its own that something has changed is mended', () => {
  const own = [{ name: 'segment.ms', value: '3600000' }]
  assert.deepEqual(verdicts(found({ 'segment.ms': '1' }), { ...wanted, own }), [
    'mend segment.ms=3600000',
  ])
  assert.deepEqual(verdicts(found({ 'segment.ms': '3600000' }), { ...wanted, own }), [])
  assert.deepEqual(verdicts(found({ 'segment.ms': '1' }), wanted), [])
})

test('where ingest compresses nothing, whether brokers do is told, and kept', () => {
  const plain: WantedTopic = { ...wanted, asked: { ...asked, compression: 'none' } }
  for (const [setting, expected] of [
    ['producer', null],
    ['uncompressed', null],
    ['zstd', /^told.*brokers compress what ingest sends plain$/],
  ] as const) {
    const topic = found({ 'compression.type': setting })
    check(verdicts(topic, plain)[0], expected)
    const service = { ...wanted, asked: null, compression: 'none' as const }
    assert.deepEqual(verdicts(topic, service), [])
  }
})

test('who does not produce has nothing to say of codecs: every one is read', () => {
  assert.deepEqual(verdicts(found({ 'compression.type': 'lz4' }), { ...wanted, asked: null }), [])
})
