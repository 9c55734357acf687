import { ClickHouseFailure } from '@custom-events/clickhouse'
import { KafkaProblem } from '@custom-events/kafka'
import { fix, type Fix } from '../step.ts'
import type { EraseConfig } from './config.ts'

/** What to run once a server that went away is there again. */
export const RESUME = 'npm run -s erase -- --resume'

/** What to do about an erasure that was begun: it is not lost, whichever server went away. */
export function goOn(config: EraseConfig['config']): Fix {
  const ofServer = fix.kafkaOrClickHouse(config)
  return async (error) => {
    const resume = `then go on with: ${RESUME}`
    const isOfServer = error instanceof ClickHouseFailure || error instanceof KafkaProblem
    if (!isOfServer) return `mend what it says above; ${resume}` // a step within has its own fix
    return `${typeof ofServer === 'string' ? ofServer : await ofServer(error)}; ${resume}`
  }
}
