import { setTimeout as delay } from 'node:timers/promises'
import { victimShard, withAll, type Hands, type Outcome } from './hands.ts'
import type { Fault } from './schedule.ts'
import { allShards } from './shard-names.ts'
import { bringBack, killServers } from './server-faults.ts'

/** One ClickHouse is away; what the others insert meanwhile is told. */
export function killShard(hands: Hands, fault: Fault): Promise<Outcome> {
  const { server, shard } = victimShard(hands, fault)
  if (hands.world.shards === 1) return killServers(hands, fault, [server])
  return withAll(hands, [server.name], async () => {
    server.kill('SIGKILL')
    const before = await rowsBeside(hands, shard)
    await delay(fault.durationMs)
    const came = (await rowsBeside(hands, shard)) - before
    await bringBack(server)
    const others = Number.isFinite(came)
      ? `${came} rows came to the others`
      : 'others were away, too'
    const what = `${server.name}: killed, away for ${fault.durationMs} ms, ${others}`
    return { what, isHit: true }
  })
}

/** NaN when another fault has one of them. */
async function rowsBeside({ world }: Hands, away: number): Promise<number> {
  const others = allShards(world.shards).filter((shard) => shard !== away)
  const counts = others.map((shard) => world.questions.ask('SELECT count() FROM events', shard))
  const rows = await Promise.all(counts).catch(() => [[[Number.NaN]]])
  return rows.flat().reduce((sum, [count]) => sum + Number(count), 0)
}
