import { once } from 'node:events'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Below it are ports that are well known. */
const LOWEST = 10_240
/** Where Linux begins by default, should it not say so. */
const FIRST_EPHEMERAL = 32_768
const TRIES = 100

/**
 * A port of 127.0.0.1 that nobody listens on right now. Not one of those that the system gives to outgoing
 * connections (ip(7), `ip_local_port_range`): one of them could take it while its server is away for a restart.
 */
export async function freePort(): Promise<number> {
  const end = Math.max(firstEphemeral(), LOWEST + 1)
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = randomInt(LOWEST, end)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port on 127.0.0.1 from ${LOWEST} to ${end - 1}`)
}

function firstEphemeral(): number {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    return Number.parseInt(text, 10) || FIRST_EPHEMERAL
  } catch {
    return FIRST_EPHEMERAL
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
