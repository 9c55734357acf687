import { join } from 'node:path'
import type { ClickHouse } from '@custom-events/clickhouse'
import { productVersion } from '@custom-events/runtime'
import { writeManifest, type ManifestFile } from './manifest.ts'
import { toNdjson } from './ndjson.ts'
import { parquetRows, toParquet } from './parquet.ts'
import type { ExportRequest } from './request.ts'
import { bucketsOf, countRows, planSlices, type Slice } from './slices.ts'
import {
  EXPORT_SOURCES,
  ndjsonQuery,
  parametersOf,
  parquetQuery,
  type ExportSource,
  type TimeRange,
} from './sources.ts'
import { writeFileOf, type WrittenFile } from './write-file.ts'

export interface Exported {
  readonly files: number
  readonly bytes: number
  readonly rowsBySource: Readonly<Record<string, number>>
}

interface ExportOptions {
  readonly clickhouse: ClickHouse
  readonly request: ExportRequest
  /** Of accepted events. */
  readonly topic: string
  readonly stop: AbortSignal
  readonly onProgress: (rows: number, total: number) => void
}

/**
 * Writes the files of an export, and its manifest last.
 *
 * Files are ranges of time, each read by one query, which sees one state of the table: no event is in two files or missing between
 * two. Nothing goes by `inserted_at`: it is that of the last copy, so an event that is sent again meanwhile would fall
 * out of a bound that it was within.
 *
 * @throws {ClickHouseFailure} @throws {Error} when the folder cannot be written, or a result is not whole
 */
export async function exportRows(options: ExportOptions): Promise<Exported> {
  const { clickhouse, request, topic, onProgress } = options
  const moments = await momentsOf(clickhouse, topic)
  const range = {
    fromMs: request.fromMs ?? EARLIEST_MS,
    toMs: request.toMs ?? LATEST_MS,
  }
  const planned: { readonly source: ExportSource; readonly slice: Slice }[] = []
  for (const source of EXPORT_SOURCES) {
    const count = bucketsOf(clickhouse, source, request)
    const slices = await planSlices(count, range, request.maxFileBytes)
    planned.push(...slices.map((slice) => ({ source, slice })))
  }
  const total = planned.reduce((sum, { slice }) => sum + slice.rows, 0)
  const files: ManifestFile[] = []
  for (const { source, slice } of planned) {
    const number = files.filter((file) => file.source === source.name).length + 1
    const name = `${source.name}-${String(number).padStart(6, '0')}.${request.format}`
    const written = await writeSlice(options, { source, slice, name })
    files.push({
      name,
      source: source.name,
      ...written,
      from: iso(slice.fromMs),
      to: iso(slice.toMs),
    })
    onProgress(rowsOf(files), total)
  }
  await writeManifest(request.out, {
    product: 'custom-events',
    version: productVersion(),
    format: request.format,
    group: request.group,
    user: request.user,
    anonymous: request.anonymous,
    from: request.fromMs === null ? null : iso(request.fromMs),
    to: request.toMs === null ? null : iso(request.toMs),
    ...moments,
    finished_at: new Date().toISOString(),
    rows: rowsOf(files),
    columns: Object.fromEntries(EXPORT_SOURCES.map(({ name, columns }) => [name, columns])),
    files,
  })
  return {
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    rowsBySource: Object.fromEntries(
      EXPORT_SOURCES.map(({ name }) => [
        name,
        rowsOf(files.filter(({ source }) => source === name)),
      ]),
    ),
  }
}

/** What a DateTime64(3) can hold. */
const EARLIEST_MS = Date.UTC(1900, 0, 1)
const LATEST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999)

function rowsOf(files: readonly ManifestFile[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0)
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

/** When it began, and until when the data was complete then; of one partition unknown is of all unknown. */
export async function momentsOf(clickhouse: ClickHouse, topic: string) {
  const [row] = await clickhouse.query<{ readonly now: string; readonly until: string | null }>(
    `SELECT toString(toUnixTimestamp64Milli(now64(3))) AS now,
       (SELECT if(countIf(complete_until IS NULL) > 0, NULL, toString(toUnixTimestamp64Milli(min(complete_until))))
        FROM complete_until WHERE topic = {topic:String}) AS until`,
    { topic },
  )
  if (row === undefined) throw new Error('ClickHouse did not tell the time')
  const isKnown = row.until !== null && Number(row.until) > 0
  return {
    as_of: iso(Number(row.now)),
    complete_until: isKnown ? iso(Number(row.until)) : null,
  }
}

const ATTEMPTS = 3

/** One that has fewer rows than were counted is read again, unless they are really gone: erased or expired meanwhile. */
async function writeSlice(
  { clickhouse, request, stop }: ExportOptions,
  {
    source,
    slice,
    name,
  }: { readonly source: ExportSource; readonly slice: Slice; readonly name: string },
): Promise<WrittenFile> {
  let rows = 0
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    stop.throwIfAborted()
    const written = await readSlice({ clickhouse, request, stop }, { source, slice, name })
    if (written.rows >= slice.rows) return written
    rows = written.rows
    if (rows === (await countRows(clickhouse, source, { subject: request, range: slice })))
      return written
  }
  throw new Error(
    `${name}: ClickHouse sent ${rows} rows of ${slice.rows} and did not say why, ${ATTEMPTS} times: is something between us and it that cuts answers?`,
  )
}

async function readSlice(
  { clickhouse, request, stop }: Pick<ExportOptions, 'clickhouse' | 'request' | 'stop'>,
  {
    source,
    slice,
    name,
  }: { readonly source: ExportSource; readonly slice: TimeRange; readonly name: string },
): Promise<WrittenFile> {
  const isParquet = request.format === 'parquet'
  const sql = isParquet ? parquetQuery(source, request) : ndjsonQuery(source, request)
  const chunks = clickhouse.stream({ sql, params: parametersOf(request, slice), signal: stop })
  const content = isParquet ? toParquet(chunks) : toNdjson(chunks, source.columns)
  const written = await writeFileOf(request.out, name, content)
  return isParquet ? { ...written, rows: await parquetRows(join(request.out, name)) } : written
}
