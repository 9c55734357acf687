import { setTimeout as delay } from 'node:timers/promises'
import {
  clickhouseHeaders,
  defaultPorts,
  startPipeline,
  startStack,
  type AllPorts,
  type Program,
  type Stack,
} from '@custom-events/embedded'
import { portsFrom } from './port-base.ts'
import { readArguments } from './read-arguments.ts'
import { sampleEvents } from './samples.ts'

const USAGE = `npm start: the whole pipeline on this machine, for real, in one command.

  npm start                    boot everything, post three events, show their rows, stay up
  npm start -- --once          the same, then stop everything and exit 0
  npm start -- --port-base N   take ports N … N+6 instead of the defaults`

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)))
}

try {
  await main()
} catch (error) {
  if (!stopping.signal.aborted) {
    say(`could not start: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

async function main(): Promise<void> {
  const { isOnce, ports } = readOptions()
  await using resources = new AsyncDisposableStack()
  const stack = resources.use(await bootServers(ports))
  say('creating topics, schemas and tables; starting ingest and consumer')
  const pipeline = resources.use(
    await startPipeline({
      servers: stack.environment,
      logins: stack.logins,
      logDir: stack.logDir,
      ports,
      signal: stopping.signal,
    }),
  )
  await postSamples(pipeline.url)
  await showRows(stack)
  if (!isOnce) {
    sayWhatNext(stack, ports)
    await untilStopped([pipeline.ingest, ...pipeline.consumers])
  }
  say('stopping everything')
}

function readOptions(): { readonly isOnce: boolean; readonly ports: AllPorts } {
  const { values } = readArguments(USAGE, {
    options: { once: { type: 'boolean', default: false }, 'port-base': { type: 'string' } },
  })
  const portBase = values['port-base']
  const ports = portBase === undefined ? defaultPorts : portsFrom(USAGE, portBase)
  return { isOnce: values.once, ports }
}

function bootServers(ports: AllPorts): Promise<Stack> {
  say('starting Kafka, the schema registry and ClickHouse')
  return startStack({
    ports,
    signal: stopping.signal,
    onProgress: say,
    onServerDied: (server, reason, logFile) =>
      say(`${server} died: ${reason}. The others stay up. Its log: ${logFile}`),
  })
}

async function postSamples(url: string): Promise<void> {
  for (const event of sampleEvents) {
    const response = await fetch(`${url}/track`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: event,
      signal: stopping.signal,
    })
    const verdict = await response.text()
    if (!response.ok) throw new Error(`POST /track answered ${response.status}: ${verdict}`)
    say(`posted ${event.slice(0, 60)}… → ${verdict.slice(0, 60)}…`)
  }
}

/** Waits until the three events can be queried, then prints what ClickHouse returns. */
async function showRows(stack: Stack): Promise<void> {
  const deadline = Date.now() + 30_000
  const count = 'SELECT count() FROM custom_events.tracked'
  while (Number(await ask(stack, count)) < sampleEvents.length) {
    if (Date.now() > deadline) throw new Error('the events were not queryable within 30 s')
    await delay(50)
  }
  const columns = 'timestamp, event, group_id, user_id, properties'
  const query = `SELECT ${columns} FROM custom_events.tracked ORDER BY timestamp FORMAT PrettyCompactNoEscapes`
  process.stdout.write(`\n${query}\n${await ask(stack, query)}\n`)
}

async function ask(stack: Stack, query: string): Promise<string> {
  const response = await fetch(stack.environment.CLICKHOUSE_URL, {
    method: 'POST',
    headers: clickhouseHeaders(stack.environment),
    body: query,
    signal: stopping.signal,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`ClickHouse refused ${query}: ${text}`)
  return text
}

function sayWhatNext(stack: Stack, ports: AllPorts): void {
  const {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: user,
    CLICKHOUSE_PASSWORD: password,
  } = stack.environment
  const { CLICKHOUSE_READER_USER: reader, CLICKHOUSE_READER_PASSWORD: readerPassword } =
    stack.logins
  const addresses = Object.entries(stack.environment)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
  process.stdout
    .write(`Everything is running. Without keys (AUTH_MODE=off): for this machine only. ClickHouse has a password, new with each start.
Data is kept until you stop it. Logs: ${stack.logDir}

Post an event:
  curl -s http://127.0.0.1:${ports.ingest}/track -H 'content-type: application/json' \\
    -d '{"event":"signed_up","event_id":"signup-1","user_id":"user_1","group_id":"account_1","timestamp":"${new Date().toISOString()}","properties":{"plan":"pro"}}'; echo

Query it, a second or two later:
  export CLICKHOUSE_PASSWORD=${password}
  curl -s -u "${user}:$CLICKHOUSE_PASSWORD" ${url} --data-binary \\
    'SELECT timestamp, event, group_id, user_id, properties FROM custom_events.tracked ORDER BY received_at DESC LIMIT 5 FORMAT PrettyCompact'

Half a year of a sample product, and a chart of it:
  npm run sample -- --url http://127.0.0.1:${ports.ingest}
  CLICKHOUSE_URL=${url} npm run --silent chart -- 03-active-users --from 2025-10-06 --to 2026-04-06 > users.svg

Health and metrics:
  curl -s http://127.0.0.1:${ports.ingestOps}/health/ready; echo
  curl -s http://127.0.0.1:${ports.consumerOps}/metrics | grep ^custom_events

For the other commands (npm run replay, setup, …), in another terminal:
  export AUTH_MODE=off ${addresses}
That user may do everything. As that user, a login that sees one account, which prints its name and password:
  npm run account -- add --group account_1
To ask as somebody who only reads, in a terminal of its own:
  export CLICKHOUSE_URL=${url} CLICKHOUSE_USER=${reader} CLICKHOUSE_PASSWORD=${readerPassword}

Stop everything with Ctrl-C.
`)
}

/** Until a signal; a service that ends by itself is reported, the others stay. */
function untilStopped(programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    void program.exited.then((code) => {
      if (!stopping.signal.aborted) say(`${program.name} exited with ${code}: ${program.logFile}`)
    })
  }
  return new Promise((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function say(line: string): void {
  process.stderr.write(`custom-events: ${line}\n`)
}
