import {
  defaultPorts,
  otherShardPorts,
  portsFromBase,
  STACK_SHARDS,
  type AllPorts,
} from '@custom-events/embedded'
import { refuseArguments } from './read-arguments.ts'

/** The seven ports that `--port-base` says. Ends the process when they are none. */
export function portsFrom(usage: string, portBase: string): AllPorts {
  try {
    return portsFromBase(Number(portBase))
  } catch (error) {
    return refuseArguments(usage, error)
  }
}

/** How many shards `--shards` says. Ends the process when the 12 partitions cannot be shared by so many. */
export function shardsFrom(usage: string, said: string): number {
  const shards = STACK_SHARDS.find((each) => String(each) === said)
  if (shards !== undefined) return shards
  return refuseArguments(
    usage,
    `--shards takes ${STACK_SHARDS.join(', ')}: so many share the 12 partitions; got ${said}`,
  )
}

/** Behind those of `npm run stack -- --secure`. */
const SHARDS_BEHIND_BASE = 23
const MOST_OTHERS = Math.max(...STACK_SHARDS) - 1

/** The ports with those of the other shards. */
export function withShards(ports: AllPorts, shards: number, portBase?: string): AllPorts {
  if (shards === 1) return ports
  const first = Number(portBase) + SHARDS_BEHIND_BASE
  const begin =
    portBase === undefined
      ? { clickhouse: defaultPorts.clickhouse + 1, consumerOps: defaultPorts.consumerOps + 1 }
      : { clickhouse: first, consumerOps: first + MOST_OTHERS }
  return { ...ports, otherShards: otherShardPorts(begin, shards) }
}
