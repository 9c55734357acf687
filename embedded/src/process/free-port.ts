import { once } from 'node:events'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Below it are ports that are well known, and those that tests of `--port-base` name: no server of another test may be given one. */
const LOWEST = 10_240
/** Of fewer than that, one would soon be given to two servers. */
const FEWEST = 1_000
/** Where Linux begins by default, should it not say so. */
const FIRST_EPHEMERAL = 32_768
const TRIES = 1_000

/** Its server may not listen yet, or be away for a restart. */
const given = new Set<number>()

/**
 * A port of 127.0.0.1 that nobody listens on right now, and none that this process was given before. Not one
 * of those that the system gives to outgoing connections (ip(7), `ip_local_port_range`): one of them could
 * take it while its server is away for a restart. Where the system gives nearly all of them, it chooses.
 *
 * @param firstEphemeral the first port of that range. @default what the system says
 */
export async function freePort(firstEphemeral = readFirstEphemeral()): Promise<number> {
  const isRoomBelow = firstEphemeral - LOWEST >= FEWEST
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = await tryPort(isRoomBelow ? randomInt(LOWEST, firstEphemeral) : 0)
    if (port === null || given.has(port)) continue
    given.add(port)
    return port
  }
  throw new Error(`no free port on 127.0.0.1 from ${LOWEST} to ${firstEphemeral - 1}`)
}

function readFirstEphemeral(): number {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    return Number.parseInt(text, 10) || FIRST_EPHEMERAL
  } catch {
    return FIRST_EPHEMERAL
  }
}

/** @param port 0: the system chooses. @returns `null` when somebody has it. */
async function tryPort(port: number): Promise<number | null> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return null
  }
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address === null || typeof address === 'string' ? null : address.port
}
