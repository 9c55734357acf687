import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerPlan } from './process/child.ts'
import type { ClassArchive } from './process/class-archive.ts'

export interface RegistryOptions {
  readonly app: string
  readonly folder: string
  readonly logFile: string
  readonly port: number
  readonly classes: ClassArchive
}

/** Apicurio Registry with its schemas in a file, so that a restart keeps them. */
export async function planRegistry(options: RegistryOptions): Promise<ServerPlan> {
  await mkdir(options.folder, { recursive: true })
  const url = `http://127.0.0.1:${options.port}/apis/ccompat/v7`
  const jar = await findRunner(options.app)
  const tmp = `-Djava.io.tmpdir=${options.folder}` // its caches go with the stack
  const { flags, keep, endsWithinMs } = options.classes
  const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', tmp, ...flags]
  return {
    name: 'registry',
    url,
    command: ['java', ...jvm, '-jar', jar],
    environment: {
      APICURIO_STORAGE_KIND: 'sql',
      // WRITE_DELAY: by default H2 writes up to half a second after it has said yes.
      APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(options.folder, 'schemas')};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0`,
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(options.port),
    },
    cwd: options.folder,
    onEnded: keep,
    endsWithinMs,
    logFile: options.logFile,
    isReady: async () => {
      const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(2_000) })
      await response.body?.cancel()
      return response.ok
    },
  }
}

async function findRunner(app: string): Promise<string> {
  const files = await readdir(app)
  const runner = files.find((file) => file.endsWith('-runner.jar'))
  if (runner === undefined) throw new Error(`there is no *-runner.jar in ${app}`)
  return join(app, runner)
}
