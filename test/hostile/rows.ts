import { eventually } from '../support/eventually.ts'
import type { TestPipeline } from '../support/pipeline.ts'
import { faultsOfRow, type KeptEvent, type StoredRow } from './judge.ts'
import { addFault, type Report } from './report.ts'

type Encoded = Record<
  'event' | 'group_id' | 'event_id' | 'properties' | 'context' | 'extra',
  string
> & {
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly ms: string
  readonly place: string
}

/** In hexadecimal, so that no JSON writer or reader on the way can hide a difference. */
const COLUMNS = [
  'event',
  'group_id',
  'event_id',
  'properties',
  'context',
  'extra',
  'user_id',
  'anonymous_id',
]

const SELECT = `SELECT ${COLUMNS.map((name) => `hex(t.${name}) AS ${name}`).join()},
  toString(toUnixTimestamp64Milli(t.timestamp)) AS ms,
  concat(toString(kafka_partition), '/', toString(kafka_offset)) AS place
FROM tracked AS t`

const placeOf = ({ partition, offset }: Pick<KeptEvent, 'partition' | 'offset'>): string =>
  `${partition}/${offset}`

/** P2, P3 and P4: what was accepted is there as it was sent, nothing else is, and nothing is poison. */
export async function compareRows(
  report: Report,
  pipeline: TestPipeline,
  sent: {
    readonly kept: readonly KeptEvent[]
    /** Of events that may be there although nobody was told. */
    readonly unknownIds: ReadonlySet<string>
    /** By ingest's own counter: those of unknown fate included. */
    readonly acceptedCount: number
  },
): Promise<void> {
  const keptByPlace = new Map(sent.kept.map((event) => [placeOf(event), event]))
  await arrived(pipeline, sent.acceptedCount)
  const rows = await pipeline.query<Encoded>(SELECT)
  if (rows.length !== sent.acceptedCount) {
    addFault(report, `ingest accepted ${sent.acceptedCount} events, the view has ${rows.length}`)
  }
  let compared = 0
  for (const encoded of rows) {
    const event = keptByPlace.get(encoded.place)
    keptByPlace.delete(encoded.place)
    const row = decoded(encoded)
    if (event === undefined) {
      if (sent.unknownIds.has(row.event_id)) continue
      addFault(report, `nobody was told that this was kept: ${JSON.stringify(row).slice(0, 300)}`)
      continue
    }
    compared += 1
    for (const fault of faultsOfRow(event, row)) {
      addFault(report, `${event.input.family}: ${event.input.name}: stored differently: ${fault}`)
    }
  }
  for (const { input } of keptByPlace.values()) {
    addFault(report, `${input.family}: ${input.name}: accepted, but not in ClickHouse`)
  }
  await notePoison(report, pipeline)
  report.figures['rows compared byte for byte'] = compared
}

/** The consumer is done when the table has as many offsets as were acknowledged, or it never will be. */
async function arrived(pipeline: TestPipeline, count: number): Promise<void> {
  await eventually(
    async () => {
      const [found] = await pipeline.query<{ places: string }>(
        'SELECT toString(uniqExact(kafka_partition, version)) AS places FROM events',
      )
      if (Number(found?.places) < count) throw new Error('not there yet')
    },
    { withinMs: 60_000, everyMs: 250 },
  ).catch(() => {}) // what is missing is told one by one
}

async function notePoison(report: Report, pipeline: TestPipeline): Promise<void> {
  const letters = await pipeline.query<{ source_topic: string; error_message: string }>(
    'SELECT source_topic, error_message FROM dead_letters',
  )
  report.figures['dead letters'] = letters.length
  for (const { source_topic: topic, error_message: message } of letters) {
    addFault(report, `poison on ${topic}: ${message.slice(0, 200)}`)
  }
}

function decoded(row: Encoded): StoredRow {
  const text = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8')
  const textOrNull = (hex: string | null): string | null => (hex === null ? null : text(hex))
  return {
    event: text(row.event),
    group_id: text(row.group_id),
    user_id: textOrNull(row.user_id),
    anonymous_id: textOrNull(row.anonymous_id),
    event_id: text(row.event_id),
    timestamp: Number(row.ms),
    properties: text(row.properties),
    context: text(row.context),
    extra: text(row.extra),
  }
}
