import type { Fork } from './fork.ts'

const ANY = ['single events', 'batches of 100'] as const

/** From the bytes of a body to records, and those to Kafka. */
export const forksOfEvents: readonly Fork[] = [
  {
    name: 'bodies are scanned in their bytes',
    why: 'it is what makes the other two possible: without it nothing lies in the body',
    loads: ANY,
    lines: [
      { file: 'packages/event/src/fast-path/scan-body.ts' },
      { file: 'packages/event/src/fast-path/scan-list.ts' },
      { file: 'packages/event/src/fast-path/scan-event.ts' },
      { file: 'packages/event/src/fast-path/open-part.ts' },
      { file: 'packages/event/src/fast-path/fast-input.ts' },
      { file: 'packages/event/src/fast-path/slots.ts' },
      { file: 'packages/event/src/fast-path/ranges.ts' },
    ],
    without: [
      {
        file: 'services/ingest/src/request/envelope.ts',
        find: '? null : scanBody(body, limits.maxEvents)',
        replace: '? null : null',
      },
    ],
  },
  {
    name: 'usual events are judged in their bytes',
    why: 'normalising makes maps of fields, and JSON.parse the values',
    loads: ANY,
    lines: [
      { file: 'packages/event/src/fast-path/fast-judge.ts' },
      { file: 'packages/event/src/fast-path/fast-event.ts' },
      { file: 'packages/event/src/fast-path/iso-time.ts' },
      { file: 'packages/event/src/fast-path/text-rules.ts' },
      { file: 'packages/event/src/fast-path/dubious-ids.ts' },
      { file: 'packages/event/src/fast-path/empty-ids.ts' },
      { file: 'packages/event/src/fast-path/carried.ts' },
    ],
    without: [
      {
        file: 'services/ingest/src/track/track.ts',
        find: 'hasFastPath: true',
        replace: 'hasFastPath: false',
      },
    ],
  },
  {
    name: 'records are copied from the body into one buffer',
    why: 'avsc asks for texts, which are made for it alone',
    loads: ANY,
    lines: [
      { file: 'packages/codec/src/avro/record-buffer.ts' },
      {
        file: 'packages/kafka/src/records.ts',
        from: "/** Where a record's bytes lie in a buffer",
        until: '/** -1 without a key. */',
      },
    ],
    without: [
      {
        file: 'services/ingest/src/track/encode.ts',
        find: '    } else if (event instanceof FastEvent) {',
        replace: '    } else if (false) {',
      },
      {
        file: 'services/ingest/src/track/encode.ts',
        find: 'const recordBuffer = openRecordBuffer(judged, schemaId)',
        replace: 'const recordBuffer = openRecordBuffer([], schemaId)',
      },
    ],
  },
  {
    name: 'few events are judged at once',
    why: 'with the two others of its kind it was worth 7 % of a single event, for 11 lines in all',
    loads: ANY,
    lines: [
      {
        file: 'services/ingest/src/track/judge.ts',
        from: 'if (events.length >= EVENTS_PER_LOOK) {',
        until: 'return leaveOut(forbidOtherAccounts(events.map(judge)',
      },
    ],
    without: [
      {
        file: 'services/ingest/src/track/judge.ts',
        find: 'if (events.length >= EVENTS_PER_LOOK) {',
        replace: 'if (true) {',
      },
    ],
  },
  {
    name: 'records of a short body are made at once',
    why: 'with the two others of its kind it was worth 7 % of a single event, for 11 lines in all',
    loads: ANY,
    lines: [
      {
        file: 'services/ingest/src/track/track.ts',
        from: 'if (slices === undefined) {',
        until: 'return encodeInSlices(',
      },
      {
        file: 'services/ingest/src/track/encode.ts',
        from: '/** One record per accepted event, in their order; those that are sealed are `SealedRecord`s. */',
        until: '/** The same for a long list',
      },
    ],
    without: [
      {
        file: 'services/ingest/src/track/track.ts',
        find: "import { Refusal } from '../response/refusal.ts'\n",
        replace:
          "import { Refusal } from '../response/refusal.ts'\nimport { Slices } from '../admission/slices.ts'\n",
      },
      {
        file: 'services/ingest/src/track/track.ts',
        find: 'const slices = slot?.slices\n  if (slices === undefined) {',
        replace: 'const slices = slot?.slices ?? new Slices()\n  if (false) {',
      },
    ],
  },
  {
    name: 'produce requests of our own',
    why: 'kafkajs makes a buffer for every field of a record; and it knows what became of each partition',
    loads: ANY,
    reach: 'Kafka',
    lines: [
      { file: 'packages/kafka/src/producer/direct-link.ts' },
      { file: 'packages/kafka/src/producer/produce-request.ts' },
    ],
    without: [
      {
        file: 'packages/kafka/src/producer/producer.ts',
        find: "requests = 'direct',",
        replace: "requests = 'kafkajs',",
      },
    ],
  },
  {
    name: 'bodies share one array of ranges',
    why: 'an array of its own is memory outside of the heap, which the collector has to find and free for every body',
    loads: ANY,
    lines: [
      {
        file: 'packages/event/src/fast-path/ranges.ts',
        from: '* Bodies take pieces of one array',
        until: '/** For a body whose reading may wait',
      },
      {
        file: 'packages/event/src/fast-path/ranges.ts',
        from: '/** The body was read: what it took',
        until: '/** A whole number from 0 to 2^53',
      },
    ],
    without: [
      {
        file: 'packages/event/src/fast-path/ranges.ts',
        find: 'return { bytes, ints: pool.ints, base: pool.used }',
        replace:
          'const events = Math.ceil(bytes.length / 256)\n' +
          '  return { bytes, ints: new Int32Array(Math.min(POOL_INTS, events * INTS_OF_EVENT)), base: 0 }',
      },
      {
        file: 'packages/event/src/fast-path/ranges.ts',
        find: 'new Int32Array(Math.max(POOL_INTS, 2 * taken + INTS_OF_EVENT))',
        replace: 'new Int32Array(2 * taken + INTS_OF_EVENT)',
      },
      {
        file: 'packages/event/src/fast-path/ranges.ts',
        find: 'if (larger.length === POOL_INTS) Object',
        replace: 'if (false) Object',
      },
    ],
  },
  {
    name: 'small requests share one buffer for records',
    why: 'so is a buffer of its own',
    loads: ANY,
    lines: [
      {
        file: 'packages/codec/src/avro/record-buffer.ts',
        from: '* Requests of few events take pieces of one buffer',
        until: '/** Most requests have the write key',
      },
    ],
    without: [
      {
        file: 'packages/codec/src/avro/record-buffer.ts',
        find: 'if (bytes > MAX_PIECE_BYTES) return',
        replace: 'return',
      },
    ],
  },
  {
    name: 'the bytes of the last source are kept',
    why: 'one object less for each request; it is measured together with the buffer that small requests share',
    loads: ANY,
    lines: [
      {
        file: 'packages/codec/src/avro/record-buffer.ts',
        from: '/** Most requests have the write key',
        until: 'function bytesNeeded(',
      },
    ],
    without: [
      {
        file: 'packages/codec/src/avro/record-buffer.ts',
        find: 'if (text !== lastSource.text) lastSource',
        replace: 'lastSource',
      },
    ],
  },
]
