import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, MALLOC_SETTINGS, startProgram } from '@custom-events/embedded'
import { applyEdits, copyRepository } from '../../tools/patched-copy.ts'
import { openWorkbench, type MeasuredServer, type Workbench } from '../ingest/servers.ts'
import type { BenchOptions } from '../options.ts'
import { MEASURED_CORE, pin } from '../pin.ts'
import type { Fork } from './fork.ts'

/** Servers with and without shortcuts, on the measured core. */
export interface ForkBench extends AsyncDisposable {
  readonly warnings: readonly string[]
  /** @param fork that it does without; `null`: the code as it is. */
  start(fork: Fork | null, reach: Fork['reach']): Promise<MeasuredServer>
}

/** What a copy needs to be started. */
export const WORKSHOP_OF_COPY = ['bench', 'tools']

/** Copies this repository once as it is, which is measured beside the others, and once for each fork. */
export async function openBenches(
  forks: readonly Fork[],
  { say }: Pick<BenchOptions, 'say'>,
): Promise<ForkBench> {
  await using opening = new AsyncDisposableStack()
  const logDir = mkdtempSync(join(tmpdir(), 'custom-events-forks-'))
  opening.defer(() => rmSync(logDir, { recursive: true }))
  const folders = new Map<Fork | null, string>()
  for (const fork of [null, ...forks]) {
    const folder = copyRepository(WORKSHOP_OF_COPY)
    opening.defer(() => rmSync(folder, { recursive: true }))
    applyEdits(folder, fork?.without ?? [])
    folders.set(fork, folder)
  }
  const isKafkaNeeded = forks.some(({ reach }) => reach === 'Kafka')
  const workbench = isKafkaNeeded ? opening.use(await openWorkbench(say)) : null
  const warnings = new Set<string>(workbench?.warnings)
  const resources = opening.move()

  const startUpToProducer = async (repository: string): Promise<MeasuredServer> => {
    const port = String(await freePort())
    const url = `http://127.0.0.1:${port}`
    const program = await startProgram({
      name: repository,
      entry: 'bench/peers/up-to-producer.ts',
      repository,
      environment: { ...MALLOC_SETTINGS, PORT: port, TAKES_ALL: '1' },
      logFile: join(logDir, `${port}.log`),
      readyUrl: `${url}/openapi.json`,
    })
    resources.use(program)
    const warning = pin(program.pid, MEASURED_CORE)
    if (warning !== null) warnings.add(warning)
    return { url, opsUrl: url, pid: program.pid, topic: null, stop: () => program.stop() }
  }
  return {
    get warnings() {
      return [...warnings]
    },
    start: async (fork, reach) => {
      const folder = folders.get(fork)
      if (folder === undefined) throw new Error('only what was asked for was copied')
      return reach === undefined ? startUpToProducer(folder) : startThroughKafka(workbench, folder)
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

async function startThroughKafka(
  workbench: Workbench | null,
  folder: string,
): Promise<MeasuredServer> {
  if (workbench === null) throw new Error('there is no Kafka')
  return workbench.startIngest({ KAFKA_TOPIC: 'bench.forks' }, folder)
}
