import { runCli } from '../test/support/cli-command.ts'
import type { Check } from './checks.ts'
import { EARLIEST_MENDED } from './owners.ts'
import { removeRefusal } from './refused.ts'
import type { World } from './world.ts'

/** ClickHouse: the constraint of `refused.ts`. */
const VIOLATED_CONSTRAINT = '469'

/** Mends what refused events, at the door and at the table, and replays them as an operator would. */
export async function mendAndReplay(world: World, withinMs: number): Promise<Check> {
  const replay = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    runCli(['replay', ...args], {
      environment: {
        ...world.environment,
        KAFKA_CONSUMER_GROUP: world.consumerGroup,
        AUTH_MODE: 'off',
        ...environment,
      },
      signal: AbortSignal.timeout(withinMs),
    })
  const rejects = await replay(['--from', 'rejected', '--code', 'timestamp_out_of_range'], {
    EVENT_EARLIEST_TIMESTAMP: EARLIEST_MENDED,
  })
  await removeRefusal((sql) => world.questions.command(sql))
  const letters = await replay(['--from', 'dead-letters', '--code', VIOLATED_CONSTRAINT])
  const said = [rejects, letters].map(({ stdout }) => /^\d+ .* replayed.*$/m.exec(stdout)?.[0])
  return {
    name: 'replays',
    isHeld: rejects.code === 0 && letters.code === 0,
    found: said.map((line) => line ?? 'nothing replayed').join('; '),
    samples: [rejects, letters].map(({ stdout, stderr }) => `${stdout}${stderr}`.trim()),
  }
}
