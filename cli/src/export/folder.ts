import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { MANIFEST } from './manifest.ts'

/** Says whose folder it is while an export goes on. */
const MARK = 'unfinished.json'
const OURS =
  /^(?:unfinished\.json|manifest\.json\.part|[a-z]+-\d{6}\.(?:ndjson|parquet)(?:\.part)?)$/

/** A folder that is ours until it is finished. */
export interface ExportFolder {
  /** Whether an export that did not end had begun in it, whose files are gone now. */
  readonly isTakenOver: boolean
  /** Takes the mark away: the export is whole. */
  readonly finish: () => Promise<void>
  /** Of an export that was refused. While nothing is written the mark goes, and the folder too if it was made for this. */
  readonly giveBack: () => Promise<void>
}

/**
 * Takes a folder that is new or empty, or has only what an export of the same process of yore left unfinished: that begins anew.
 * @throws {Error} when anything else is in it, or the other export goes on
 */
export async function takeFolder(folder: string): Promise<ExportFolder> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = await readdir(folder)
  const isUnfinished = names.includes(MARK)
  const others = names.filter((name) => !OURS.test(name))
  if (names.includes(MANIFEST)) {
    throw new Error(`${folder} holds a finished export: name another folder in --out`)
  }
  if (names.length > 0 && (!isUnfinished || others.length > 0)) {
    throw new Error(
      `${folder} is not empty (${(others.length > 0 ? others : names).slice(0, 3).join(', ')}): name a new or empty folder in --out`,
    )
  }
  if (isUnfinished) {
    await refuseRunning(folder)
    for (const name of names.filter((each) => each !== MARK)) await rm(join(folder, name))
    await rm(join(folder, MARK))
  }
  const mark = JSON.stringify({ host: hostname(), pid: process.pid })
  await writeFile(join(folder, MARK), mark, { flag: 'wx', mode: 0o600 })
  const finish = (): Promise<void> => rm(join(folder, MARK))
  return {
    isTakenOver: isUnfinished,
    finish,
    giveBack: async () => {
      if ((await readdir(folder)).some((name) => name !== MARK)) return
      await finish()
      if (made !== undefined) await rmdir(folder)
    },
  }
}

async function refuseRunning(folder: string): Promise<void> {
  const text = await readFile(join(folder, MARK), 'utf8')
  const { host, pid } = whose(text)
  if (pid === null) return // it was killed while it wrote the mark
  if (host === hostname() && pid !== process.pid && isRunning(pid)) {
    throw new Error(`${folder}: another export (process ${pid}) is writing into it`)
  }
  if (host !== hostname()) {
    throw new Error(
      `${folder}: an export of ${host} has begun in it; if it does not go on, delete the folder, or name another in --out`,
    )
  }
}

function whose(text: string): { readonly host: string; readonly pid: number | null } {
  try {
    const mark: unknown = JSON.parse(text)
    if (typeof mark === 'object' && mark !== null && 'host' in mark && 'pid' in mark) {
      return { host: String(mark.host), pid: Number(mark.pid) }
    }
  } catch {
    // not written as a whole
  }
  return { host: hostname(), pid: null }
}

/** Only "no such process" says no: one of another user may not be asked, and runs. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
