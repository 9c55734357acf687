import type { AllPorts, Stack } from '@custom-events/embedded'

/** What `npm start` says when everything runs: commands to copy, with the addresses of this run. */
export function whatNext(
  {
    environment,
    logins,
    logDir,
    shards,
  }: Pick<Stack, 'environment' | 'logins' | 'logDir' | 'shards'>,
  ports: AllPorts,
): string {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_PASSWORD: password } = environment
  const { CLICKHOUSE_READER_USER: reader, CLICKHOUSE_READER_PASSWORD: readerPassword } = logins
  const addresses = Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
  return `Everything is running. Without keys (AUTH_MODE=off): for this machine only. ClickHouse has a password, new with each start.
Data is kept until you stop it. Logs: ${logDir}

Post an event:
  curl -s http://127.0.0.1:${ports.ingest}/track -H 'content-type: application/json' \\
    -d '{"event":"signed_up","event_id":"signup-1","user_id":"user_1","group_id":"account_1","timestamp":"${new Date().toISOString()}","properties":{"plan":"pro"}}'; echo

${query(environment, shards, password)}

Half a year of a sample product, and a chart of it${shards.length > 1 ? ' (of the accounts that are on the first shard)' : ''}:
  npm run sample -- --url http://127.0.0.1:${ports.ingest}
  CLICKHOUSE_URL=${url} npm run --silent chart -- 03-active-users --from 2025-10-06 --to 2026-04-06 --tz America/New_York > users.svg

Health and metrics:
  curl -s http://127.0.0.1:${ports.ingestOps}/health/ready; echo
${metrics(ports)}

For the other commands (npm run replay, setup, …), in another terminal:
  export AUTH_MODE=off ${addresses}
That user may do everything. As that user, a login that sees one account, which prints its name and password:
  npm run account -- add --group account_1
To ask as somebody who only reads, in a terminal of its own:
  export CLICKHOUSE_URL=${url} CLICKHOUSE_USER=${reader} CLICKHOUSE_PASSWORD=${readerPassword}

Stop everything with Ctrl-C.
`
}

const NEWEST =
  'SELECT timestamp, event, group_id, user_id, properties FROM custom_events.tracked ORDER BY received_at DESC LIMIT 5 FORMAT PrettyCompact'

function query(
  { CLICKHOUSE_USER: user }: Stack['environment'],
  shards: Stack['shards'],
  password: string,
): string {
  const curls = shards.map(
    ({ url }) =>
      `  curl -s -u "${user}:$CLICKHOUSE_PASSWORD" ${url} --data-binary \\\n    '${NEWEST}'`,
  )
  const first = `Query it, a second or two later${shards.length > 1 ? `: an account is on one of ${shards.length} shards, ask each` : ''}:
  export CLICKHOUSE_PASSWORD=${password}`
  return [first, ...curls].join('\n')
}

function metrics({ consumerOps, otherShards = [] }: AllPorts): string {
  return [consumerOps, ...otherShards.flatMap((shard) => shard.consumerOps ?? [])]
    .map((port) => `  curl -s http://127.0.0.1:${port}/metrics | grep ^custom_events`)
    .join('\n')
}
