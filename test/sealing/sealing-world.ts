import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startProgram, startStack, type Program } from '@custom-events/embedded'
import { runCli, type CliEnded } from '../support/cli-command.ts'
import { QUICK_ERASURES } from '../support/erase-command.ts'
import { filesWith } from '../support/files-with.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'

const PLAN = {
  'x-event': 'signed_up',
  'x-mode': 'enforce',
  type: 'object',
  properties: {
    email: { type: 'string', minLength: 3, 'x-seal': 'person' },
    vat: { type: 'string', 'x-seal': 'account' },
    age: { type: 'integer', 'x-seal': 'person' },
  },
}

/** A pipeline over servers of its own, whose files can be looked into. */
export interface SealingWorld extends AsyncDisposable {
  readonly pipeline: TestPipeline
  /** Files of Kafka, or of ClickHouse, that hold these bytes. */
  filesWith(server: 'kafka' | 'clickhouse', bytes: Buffer | string): Promise<readonly string[]>
  /** An event of the plan. @returns the status of the answer. */
  signUp(event: SignUp, url?: string): Promise<number>
  /** One more ingest over the same servers. */
  startIngest(): Promise<{ readonly url: string; readonly program: Program }>
  /** The operators' command, as they run it. */
  command(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<CliEnded>
  writePlan(plan: object): void
}

export interface SignUp {
  readonly id: string
  readonly user: string
  readonly properties: object
  readonly group?: string
}

export async function startSealingWorld(plan: object = PLAN): Promise<SealingWorld> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-sealing-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const dataDir = join(folder, 'data')
  const stack = resources.use(await startStack({ dataDir }))
  const plans = mkdtempSync(join(folder, 'plans-'))
  const writePlan = (next: object): void =>
    writeFileSync(join(plans, 'signed_up.json'), JSON.stringify(next))
  writePlan(plan)
  const pipeline = resources.use(
    await startTestPipeline({
      servers: stack.environment,
      // What is looked for in Kafka's files must lie there as it is.
      environment: { TRACKING_PLANS_DIR: plans, KAFKA_COMPRESSION: 'none', ...QUICK_ERASURES },
    }),
  )
  const owned = resources.move()
  return {
    pipeline,
    writePlan,
    filesWith: (server, bytes) => filesWith(join(dataDir, server), bytes),
    signUp: async ({ id, user, properties, group = 'acme' }, url = pipeline.url) => {
      const body = {
        event: 'signed_up',
        event_id: id,
        group_id: group,
        user_id: user,
        timestamp: '2026-01-01T00:00:00Z',
        properties,
      }
      const response = await fetch(`${url}/track`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      await response.arrayBuffer()
      return response.status
    },
    startIngest: async () => {
      const [port, opsPort] = [await freePort(), await freePort()]
      const program = await startProgram({
        name: 'ingest-more',
        entry: 'services/ingest/src/main.ts',
        environment: {
          ...pipeline.environment,
          AUTH_MODE: 'off',
          HTTP_HOST: '127.0.0.1',
          PORT: String(port),
          OPS_PORT: String(opsPort),
        },
        logFile: join(folder, 'ingest-more.log'),
        readyUrl: `http://127.0.0.1:${opsPort}/health/ready`,
      })
      return { url: `http://127.0.0.1:${port}`, program }
    },
    command: (args, environment = {}) =>
      runCli(args, { environment: { ...pipeline.environment, AUTH_MODE: 'off', ...environment } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
