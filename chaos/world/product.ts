import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, launchProgram, type Program } from '@custom-events/embedded'
import { observe, type Observing, type Service } from './service.ts'

type Environment = Readonly<Record<string, string>>

/** What a program that ran to its end has left. */
export interface Output {
  readonly code: number
  /** Standard output and standard error, as they came. */
  readonly text: string
}

export interface Ingest extends Service {
  readonly url: string
  /** One request, as it is. @returns what was answered. */
  post(body: string, path?: string): Promise<{ readonly status: number; readonly text: string }>
}

/** The programs of one checkout, with the variables of one scenario. */
export interface Product extends AsyncDisposable {
  ingest(environment?: Environment, how?: HowToStart): Promise<Ingest>
  consumer(environment?: Environment, how?: HowToStart): Promise<Service>
  /** Runs `custom-events <args>`, as `npm run setup` and `npm run replay` do, to its end. */
  command(args: readonly string[], environment?: Environment): Promise<Output>
}

export interface HowToStart {
  /** As `npm run` starts it: the wrapper of `tools/run.mjs` around it. @default false */
  readonly inWrapper?: boolean
}

const ENTRY = {
  ingest: 'services/ingest/src/main.ts',
  consumer: 'services/consumer/src/main.ts',
  command: 'cli/src/main.ts',
} as const

export function createProduct(
  options: Observing & {
    /** Of the checkout; null for this one. */
    readonly repository: string | null
    readonly environment: Environment
    readonly logDir: string
  },
): Product {
  const programs: Program[] = []
  const counts = { ingest: 0, consumer: 0, command: 0 }

  const launch = (
    what: keyof typeof ENTRY,
    environment: Environment,
    args: readonly string[] = [],
    { inWrapper = false }: HowToStart = {},
  ): Program => {
    options.signal.throwIfAborted()
    counts[what] += 1
    const name = `${what}-${counts[what]}`
    const program = launchProgram({
      name,
      entry: inWrapper ? 'tools/run.mjs' : ENTRY[what],
      args: inWrapper ? [ENTRY[what], ...args] : args,
      ...(options.repository === null ? {} : { repository: options.repository }),
      environment: { ...options.environment, ...environment },
      logFile: join(options.logDir, `${name}.log`),
    })
    programs.push(program)
    return program
  }

  return {
    ingest: async (environment = {}, how = {}) => {
      const [port, opsPort] = [await freePort(), await freePort()]
      const ports = { PORT: String(port), OPS_PORT: String(opsPort), HTTP_HOST: '127.0.0.1' }
      const program = launch('ingest', { ...ports, AUTH_MODE: 'off', ...environment }, [], how)
      const url = `http://127.0.0.1:${port}`
      return { ...observe(program, opsPort, options), url, post: poster(url) }
    },
    consumer: async (environment = {}, how = {}) => {
      const opsPort = await freePort()
      const program = launch('consumer', { OPS_PORT: String(opsPort), ...environment }, [], how)
      return observe(program, opsPort, options)
    },
    command: async (args, environment = {}) => {
      const program = launch('command', environment, args)
      const stop = (): void => program.kill('SIGTERM')
      options.signal.addEventListener('abort', stop, { once: true })
      const code = await program.exited
      options.signal.removeEventListener('abort', stop)
      return { code, text: readFileSync(program.logFile, 'utf8') }
    },
    [Symbol.asyncDispose]: async () => {
      for (const program of programs) program.kill('SIGCONT')
      await Promise.all(programs.map((program) => program.stop()))
    },
  }
}

function poster(url: string): Ingest['post'] {
  return async (body, path = '/track') => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(15_000),
    })
    return { status: response.status, text: await response.text() }
  }
}
