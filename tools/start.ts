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
import { portsFrom, shardsFrom, withShards } from './port-base.ts'
import { readArguments } from './read-arguments.ts'
import { sampleEvents } from './samples.ts'
import { whatNext } from './what-next.ts'

const USAGE = `npm start: the whole pipeline on this machine, for real, in one command.

  npm start                    boot everything, post three events, show their rows, stay up
  npm start -- --once          the same, then stop everything and exit 0
  npm start -- --port-base N   take ports N … N+6 instead of the defaults
  npm start -- --shards 2      spread the accounts over so many ClickHouses, a consumer each; the others on 8124 …,
                               their consumers' ops ports on 3003 …, or N+23 … and N+28 …`

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
  const { isOnce, ports, shards } = readOptions()
  await using resources = new AsyncDisposableStack()
  const stack = resources.use(await bootServers(ports, shards))
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
    process.stdout.write(whatNext(stack, ports))
    await untilStopped([pipeline.ingest, ...pipeline.consumers])
  }
  say('stopping everything')
}

function readOptions() {
  const { values } = readArguments(USAGE, {
    options: {
      once: { type: 'boolean', default: false },
      'port-base': { type: 'string' },
      shards: { type: 'string', default: '1' },
    },
  })
  const portBase = values['port-base']
  const shards = shardsFrom(USAGE, values.shards)
  const ports = portBase === undefined ? defaultPorts : portsFrom(USAGE, portBase)
  return { isOnce: values.once, ports: withShards(ports, shards, portBase), shards }
}

function bootServers(ports: AllPorts, shards: number): Promise<Stack> {
  const many = shards === 1 ? 'ClickHouse' : `${shards} ClickHouses`
  say(`starting Kafka, the schema registry and ${many}`)
  return startStack({
    ports,
    shards,
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

/** Waits until the three events can be queried, then prints what ClickHouse returns; of several, what each does. */
async function showRows(stack: Stack): Promise<void> {
  const deadline = Date.now() + 30_000
  while ((await countRows(stack)) < sampleEvents.length) {
    if (Date.now() > deadline) throw new Error('the events were not queryable within 30 s')
    await delay(50)
  }
  const columns = 'timestamp, event, group_id, user_id, properties'
  const query = `SELECT ${columns} FROM custom_events.tracked ORDER BY timestamp FORMAT PrettyCompactNoEscapes`
  for (const [index, { url }] of stack.shards.entries()) {
    const of = stack.shards.length === 1 ? '' : `-- shard ${index + 1}, ${url}\n`
    process.stdout.write(`\n${of}${query}\n${await ask(stack, url, query)}\n`)
  }
}

async function countRows(stack: Stack): Promise<number> {
  const query = 'SELECT count() FROM custom_events.tracked'
  const counts = await Promise.all(stack.shards.map(({ url }) => ask(stack, url, query)))
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

async function ask(stack: Stack, url: string, query: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: clickhouseHeaders(stack.environment),
    body: query,
    signal: stopping.signal,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`ClickHouse refused ${query}: ${text}`)
  return text
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
