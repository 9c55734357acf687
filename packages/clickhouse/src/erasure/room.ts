import type { Servers } from '../client/cluster.ts'
import { lackOfRoom, type Rewritten } from '../disk/room.ts'
import { ErasureStalled, untilNothingIsLeft, type Waiting } from './waiting.ts'

/** Parts of the month before are on the disk for eight minutes, and a merge of others may need room, too. */
const WAITING = { withinMs: 15 * 60_000, everyMs: 1_000 }

/**
 * Before every statement that changes a definition, or has little written.
 *
 * @param rewritten see `lackOfRoom` @throws {ClickHouseFailure | ErasureStalled}
 */
export async function mustHaveRoomToErase(
  servers: Servers,
  rewritten: Rewritten | null,
): Promise<void> {
  const lack = await lackOfRoom(servers, rewritten)
  if (lack !== null) throw new ErasureStalled(resumable(lack))
}

/** Before parts are written anew, of which there may be many. @throws {ClickHouseFailure | ErasureStalled} */
export async function untilThereIsRoom(
  servers: Servers,
  rewritten: Rewritten,
  waiting: Waiting,
): Promise<void> {
  await untilNothingIsLeft(waiting, WAITING, async () => {
    const lack = await lackOfRoom(servers, rewritten)
    if (lack === null) return null
    return { waiting: lack, stopped: resumable(lack), overdue: resumable(lack) }
  })
}

function resumable(lack: string): string {
  return `${lack}, then run it again with --resume`
}
