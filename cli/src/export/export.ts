import { join } from 'node:path'
import type { ClickHouse } from '@custom-events/clickhouse'
import { productVersion } from '@custom-events/runtime'
import { earliestOf, momentsOf } from './moments.ts'
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
  /** All of them are asked: rejected events of an account may be on any. */
  readonly shards: readonly { readonly clickhouse: ClickHouse }[]
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
  const { shards, request, topic, stop, onProgress } = options
  const moments = earliestOf(
    await Promise.all(shards.map(({ clickhouse }) => momentsOf(clickhouse, topic))),
  )
  stop.throwIfAborted()
  const planned = await unlessStopped(stop, planFiles(options))
  const total = planned.reduce((sum, { slice }) => sum + slice.rows, 0)
  const files: ManifestFile[] = []
  for (const { clickhouse, source, slice } of planned) {
    const number = files.filter((file) => file.source === source.name).length + 1
    const name = `${source.name}-${String(number).padStart(6, '0')}.${request.format}`
    const written = await writeSlice({ ...options, clickhouse }, { source, slice, name })
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

/** Counting may take long, and changes nothing: nobody waits for its end. */
async function unlessStopped<T>(stop: AbortSignal, running: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>()
  const onAbort = (): void => stopped.reject(stop.reason)
  stop.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([running, stopped.promise])
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}

interface PlannedFile {
  readonly clickhouse: ClickHouse
  readonly source: ExportSource
  readonly slice: Slice
}

/** Events of all shards, then what was rejected: an account may be in several of them, and each file is of one. */
async function planFiles({
  shards,
  request,
}: Pick<ExportOptions, 'shards' | 'request'>): Promise<readonly PlannedFile[]> {
  const range = {
    fromMs: request.fromMs ?? EARLIEST_MS,
    toMs: request.toMs ?? LATEST_MS,
  }
  const planned: PlannedFile[] = []
  for (const source of EXPORT_SOURCES) {
    for (const { clickhouse } of shards) {
      const count = bucketsOf(clickhouse, source, request)
      const slices = await planSlices(count, range, request.maxFileBytes)
      planned.push(...slices.map((slice) => ({ clickhouse, source, slice })))
    }
  }
  return planned
}

/** What a DateTime64(3) can hold, and the moment after: it is no part of a range. */
const EARLIEST_MS = Date.UTC(1900, 0, 1)
const LATEST_MS = Date.UTC(2300, 0, 1)

function rowsOf(files: readonly ManifestFile[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0)
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

const ATTEMPTS = 3

interface Reading extends Pick<ExportOptions, 'request' | 'stop'> {
  readonly clickhouse: ClickHouse
}

/** One that has fewer rows than were counted is read again, unless they are really gone: erased or expired meanwhile. */
async function writeSlice(
  { clickhouse, request, stop }: Reading,
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
  { clickhouse, request, stop }: Reading,
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
