import type { Fork } from './fork.ts'

const ANY = ['single events', 'batches of 100'] as const

/** From the bytes of a body to records, and those to Kafka. */
export const forksOfEvents: readonly Fork[] = [
  {
    name: 'bodies are scanned in their bytes',
    why: '',
    loads: ANY,
    lines: [
      { file: 'packages/event/src/fast-path/scan-body.ts' },
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
    why: '',
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
    why: '',
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
        find: '    if (event instanceof FastEvent) {',
        replace: '    if (false) {',
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
    why: '',
    loads: ANY,
    lines: [
      {
        file: 'services/ingest/src/track/judge.ts',
        from: 'if (events.length >= EVENTS_PER_LOOK) {',
        until: 'async function judgeInSlices(',
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
    why: '',
    loads: ANY,
    lines: [
      {
        file: 'services/ingest/src/track/track.ts',
        from: 'if (slices === undefined) {',
        until: 'return encodeInSlices(',
      },
      {
        file: 'services/ingest/src/track/encode.ts',
        from: '/** One record per accepted event, in their order. */',
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
    why: '',
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
]
