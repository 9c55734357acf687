import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PREFIX = 'custom-events-chaos-'
const SIZE = '16g' // of memory, should it ever be filled; a limit, not a reservation

const SHRINK_TRIES = 8
const ROOM_BYTES = 1_024 ** 2

/** A folder on a disk of its own, in memory, that can be made full. */
export interface Disk extends AsyncDisposable {
  /** No room beyond what is used now. @param roomBytes but for so much. @default 0 */
  fill(roomBytes?: number): Promise<void>
  free(): Promise<void>
}

/** Whether this user may mount at all. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', source(), folder], { stdio: 'ignore' })
    execFileSync('umount', [folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmdirSync(folder)
  }
}

/** @throws when it cannot be mounted. */
export async function mountDisk(folder: string): Promise<Disk> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, source(), folder])
  return {
    fill: (roomBytes = 0) => shrinkToUsed(folder, roomBytes),
    free: async () => void (await run('mount', ['-o', `remount,size=${SIZE}`, folder])),
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['-l', folder]).catch(() => {})
    },
  }
}

/**
 * Shrunk to what is used: full, without spending memory on a filler. What is written between looking and
 * shrinking makes the kernel refuse (EINVAL), so each further try leaves more room.
 */
async function shrinkToUsed(folder: string, roomBytes: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const { blocks, bfree, bsize } = await statfs(folder)
    const used = Math.max(1, blocks - bfree) * bsize + roomBytes + attempt * ROOM_BYTES
    try {
      return void (await run('mount', ['-o', `remount,size=${used}`, folder]))
    } catch (error) {
      if (attempt === SHRINK_TRIES) throw error
    }
  }
}

/** Takes away the disks of harnesses that were killed: they hold memory. */
export async function removeForgottenDisks(): Promise<void> {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [name = '', folder = ''] = line.split(' ')
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : 0
    if (pid > 0 && !isAlive(pid)) await run('umount', ['-l', folder]).catch(() => {})
  }
}

function source(): string {
  return `${PREFIX}${process.pid}`
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
