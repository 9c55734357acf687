import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { freePort } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'

const COMMAND_TIMEOUT_MS = 240_000
/** Two cores that build and test other things, too, take their time over two JVMs. */
const HEALTHY_WITHIN_MS = 240_000
const ANSWER_TIMEOUT_MS = 10_000
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
const run = promisify(execFile)

/** One project of docker-compose.yml, on ports of its own, with whatever images the environment names. */
export interface Compose extends AsyncDisposable {
  /** POST an event to ingest. @throws when no answer comes in time */
  post(event: string): Promise<Response>
  /** `docker compose …`; resolves with its stdout. @throws with its stderr */
  compose(...args: readonly string[]): Promise<string>
  /** `docker …` */
  docker(...args: readonly string[]): Promise<string>
  /** The name of a container or network of the project. */
  nameOf(what: string): string
  /** Resolves when the health checks of the services say so. */
  untilHealthy(...services: readonly string[]): Promise<void>
  /** Rows of a query as objects; table names need no database. */
  query<Row>(sql: string): Promise<readonly Row[]>
}

/** A project that is not up yet; disposing removes its containers, networks and volumes. */
export async function openCompose(): Promise<Compose> {
  const project = `custom-events-test-${randomUUID().slice(0, 8)}`
  const [ingest, kafka, registry, clickhouse] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ])
  const env = {
    ...process.env,
    COMPOSE_PROJECT_NAME: project,
    PORT: String(ingest),
    KAFKA_PORT: String(kafka),
    REGISTRY_PORT: String(registry),
    CLICKHOUSE_PORT: String(clickhouse),
  }
  const docker = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('docker', args, {
      env,
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    })
    return stdout
  }
  const compose = (...args: readonly string[]): Promise<string> => docker('compose', ...args)
  const nameOf = (what: string): string => `${project}-${what}-1`
  return {
    post: (body) =>
      fetch(`http://127.0.0.1:${ingest}/track`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      }),
    compose,
    docker,
    nameOf,
    untilHealthy: async (...services) => {
      const names = services.map(nameOf)
      await eventually(
        async () => {
          const states = await docker('inspect', '-f', '{{.State.Health.Status}}', ...names)
          if (/starting|unhealthy/.test(states)) throw new Error(`${services.join(' ')}: ${states}`)
        },
        { withinMs: HEALTHY_WITHIN_MS, everyMs: 500 },
      )
    },
    query: async <Row>(sql: string) => {
      const response = await fetch(`http://127.0.0.1:${clickhouse}/?database=custom_events`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('custom_events:custom_events')}` },
        body: `${sql} FORMAT JSONEachRow`,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${sql}: ${text}`)
      const lines = text.split('\n').filter(Boolean)
      return lines.map((line) => JSON.parse(line) as Row) // the caller knows its columns
    },
    [Symbol.asyncDispose]: async () => {
      await compose('--profile', '*', 'down', '-v', '--remove-orphans', '-t', '5')
    },
  }
}
