import {
  applyRoles,
  onCluster,
  roleOn,
  ROLES,
  rolesSql,
  type ClickHouse,
  type RolesOutcome,
} from '@custom-events/clickhouse'
import { openOwnShards, sayingOf } from '../shards/open.ts'
import { fix, step } from '../step.ts'
import type { AccessConfig, clusterVariables } from './config.ts'

/**
 * `custom-events roles`: makes the roles in ClickHouse.
 *
 * @returns whether they are made, or come from a file. @throws {StepError}
 */
export async function runRoles(
  config: AccessConfig,
  print: (line: string) => void,
): Promise<boolean> {
  await using resources = new AsyncDisposableStack()
  const shards = await openOwnShards(config, resources)
  return step('making the roles', fix.clickhouse(config), async () => {
    let areMade = true
    for (const shard of shards) {
      const { kind } = await setUpRoles(shard.clickhouse, config, sayingOf(shard, print))
      areMade &&= kind === 'applied' || kind === 'file'
    }
    return areMade
  })
}

/** Makes the roles where that is allowed, and says what became of them. @throws {ClickHouseFailure} */
export async function setUpRoles(
  clickhouse: ClickHouse,
  config: Omit<AccessConfig, 'LOG_LEVEL'>,
  print: (line: string) => void,
): Promise<RolesOutcome> {
  const outcome = await applyRoles(clickhouse, whereOf(config))
  for (const line of told(outcome, config)) print(line)
  return outcome
}

function whereOf(config: Pick<AccessConfig, keyof typeof clusterVariables>) {
  return {
    onCluster: onCluster(config.CLICKHOUSE_CLUSTER),
    isOverShards: config.CLICKHOUSE_SHARDS_CLUSTER !== '',
  }
}

const BY_HAND = 'npm run -s roles -- --print'

function told(
  outcome: RolesOutcome,
  { CLICKHOUSE_USER: user, CLICKHOUSE_DATABASE: database }: Omit<AccessConfig, 'LOG_LEVEL'>,
): readonly string[] {
  switch (outcome.kind) {
    case 'applied': {
      const names = ROLES.map(({ name }) => roleOn(database, name)).join(', ')
      return [`roles in ClickHouse: ${names}`]
    }
    case 'file':
      return ['roles in ClickHouse: users of its file have them']
    case 'not allowed':
      return [
        `note: ${user} may not manage access in ClickHouse, roles were left as they are. An administrator makes them with ` +
          `\`npm run roles\`, or with the SQL that \`${BY_HAND}\` shows`,
      ]
    case 'would hide rows':
      return [
        'note: no roles were made. This ClickHouse hides every row of a table that has a row policy from users without one ' +
          '(access_control_improvements.users_without_row_policies_can_read_rows is false): set it to true, and run setup again',
      ]
    default:
      return outcome satisfies never
  }
}

/** `custom-events roles --print`: the SQL, and how users get the roles; asks nobody. */
export function rolesScript(
  config: Pick<AccessConfig, 'CLICKHOUSE_DATABASE' | keyof typeof clusterVariables>,
): string {
  const { CLICKHOUSE_DATABASE: database } = config
  const statements = rolesSql({ database, ...whereOf(config) })
  return `${statements.map((statement) => `${statement};`).join('\n')}

-- Users get them so, each program its own:
-- CREATE USER consumer IDENTIFIED WITH sha256_password BY '…';
-- GRANT ${roleOn(database, 'writer')} TO consumer;
`
}
