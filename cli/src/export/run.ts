import { counted } from '../counted.ts'
import { hashOfId, openShards } from '@custom-events/clickhouse'
import { audited } from '../audit/audited.ts'
import { createProgress } from '../replay/progress.ts'
import { openOwnShards } from '../shards/open.ts'
import { fix, step } from '../step.ts'
import type { ExportConfig } from './config.ts'
import { exportRows, type Exported } from './export.ts'
import { takeFolder } from './folder.ts'
import type { ExportRequest } from './request.ts'
import { verifyExport } from './verify.ts'

interface Screen {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

const STOPPED = 130
/** All of an account is counted, and its texts are read for that: as long as a file may take to be read. */
const COUNT_LIMIT_S = 3_600
/** sysexits.h EX_NOINPUT: what was asked about is not there. */
const NOBODY_FOUND = 66

/**
 * `npm run export`.
 * @returns the exit code @throws {StepError}
 */
export async function runExport(
  request: ExportRequest,
  { config, stop }: { readonly config: ExportConfig; readonly stop: AbortSignal },
  { isTerminal, write }: Screen,
): Promise<number> {
  await using resources = new AsyncDisposableStack()
  const [{ clickhouse }] = await openOwnShards(config, resources)
  const shards = openShards(config, resources, { queryLimitS: COUNT_LIMIT_S })
  const folder = await step('taking the folder', 'name a new or empty folder in --out', () =>
    takeFolder(request.out),
  )
  if (folder.isTakenOver)
    write(`${request.out}: an export that did not end began here; it begins anew\n`)
  let progress: ReturnType<typeof createProgress> | undefined
  const onProgress = (rows: number, total: number): void => {
    progress ??= createProgress({ total, isTerminal, write, now: () => performance.now() })
    progress.update(rows)
  }
  const command = { command: 'export', args: auditedArguments(request), by: request.by }
  // Nobody takes data out of here unseen: written down before anything is read.
  const exported = await step('exporting', fixOf(config), () =>
    audited(clickhouse, command, {
      run: () =>
        exportRows({ shards, request, topic: config.KAFKA_TOPIC, stop, onProgress }).catch(
          (error: unknown) => {
            if (stop.aborted) return null
            throw error
          },
        ),
      hidden: [request.out, request.group, request.user, request.anonymous].filter(
        (id): id is string => id !== null && id !== '',
      ),
      tell: (result) =>
        result === null
          ? { outcome: 'stopped', counts: {} }
          : { outcome: 'done', counts: countsOf(result) },
    }),
  )
    .catch(async (error: unknown) => {
      await folder.giveBack().catch(() => {}) // why the export failed is what to tell
      throw error
    })
    .finally(() => progress?.end())
  if (exported === null) {
    write(`stopped: ${request.out} has no manifest; run it again, and it begins anew\n`)
    return STOPPED
  }
  await folder.finish()
  write(exportedLine(request, exported))
  if (Object.values(exported.rowsBySource).some((rows) => rows > 0)) return 0
  write(nobodyLine(request))
  return NOBODY_FOUND
}

/** A full disk is no matter of ClickHouse. */
function fixOf(config: ExportConfig) {
  const ofClickHouse = fix.clickhouse(config)
  return (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOSPC')
      return 'the disk of --out is full: make room, or name another; nothing was finished'
    if (typeof code === 'string' && /^E(?:ACCES|ROFS|PERM)$/.test(code))
      return 'may this user write into --out?'
    return typeof ofClickHouse === 'string' ? ofClickHouse : ofClickHouse(error)
  }
}

/** Who is meant only as a hash, an account as well. */
function auditedArguments({ group, user, anonymous, fromMs, toMs, format }: ExportRequest) {
  return {
    group_hash: hashOfId(group),
    ...(user === null ? {} : { user_hash: hashOfId(user) }),
    ...(anonymous === null ? {} : { anonymous_hash: hashOfId(anonymous) }),
    ...(fromMs === null ? {} : { from: new Date(fromMs).toISOString() }),
    ...(toMs === null ? {} : { to: new Date(toMs).toISOString() }),
    format, // and not the folder, which is often called like them
  }
}

function countsOf({ files, bytes, rowsBySource }: Exported): Readonly<Record<string, number>> {
  return { files, bytes, ...rowsBySource }
}

function exportedLine({ out }: ExportRequest, exported: Exported): string {
  const rows = Object.entries(exported.rowsBySource).map(([source, count]) => `${count} ${source}`)
  return `${out}: ${rows.join(', ')} in ${counted(exported.files, 'file')}, ${counted(exported.bytes, 'byte')}; manifest.json says which\n`
}

/** A mistyped id looks like an answered request else. */
function nobodyLine({ group, user, anonymous, fromMs, toMs }: ExportRequest): string {
  const who = [
    `account ${JSON.stringify(group)}`,
    ...(user === null ? [] : [`user ${JSON.stringify(user)}`]),
    ...(anonymous === null ? [] : [`anonymous ${JSON.stringify(anonymous)}`]),
  ].join(', ')
  const when = fromMs === null && toMs === null ? '' : ' between --from and --to'
  return (
    `NOBODY FOUND: there is neither an event nor a rejected event of ${who}${when}.\n` +
    '  fix: is the id spelt as its events have it, letter by letter? If it is, the answer is that nothing is kept.\n'
  )
}

/**
 * `npm run export -- --verify`.
 * @returns the exit code @throws {StepError}
 */
export async function runVerify(folder: string, write: (text: string) => void): Promise<number> {
  const problems = await step('reading the manifest', 'name the folder of a finished export', () =>
    verifyExport(folder),
  )
  for (const problem of problems) write(`${problem}\n`)
  if (problems.length === 0) write(`${folder} is as its manifest says\n`)
  return problems.length === 0 ? 0 : 1
}
