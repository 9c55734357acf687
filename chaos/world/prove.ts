import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startStack } from '@custom-events/embedded'
import { renderJson, renderTable } from './report.ts'
import type { Scenario } from './scenario.ts'
import { fileNameOf, tryOut, type Verdict } from './try.ts'

export interface WorldOptions {
  readonly seed: number
  /** Only scenarios whose file names hold one of these texts, separated by commas. */
  readonly only: string
  /** Only those that `npm test` runs. */
  readonly isShort: boolean
  /** How many run at the same time. */
  readonly atOnce: number
  /** What has not ended by then is red. */
  readonly minutes: number
  /** Every limit of time is so many times as long, on a machine that others use. */
  readonly patience: number
  /** What is red beside others is tried once more, alone: two cores do not always suffice for three. */
  readonly isTriedAgain: boolean
  /** Another checkout whose programs are run, to see what they make of it. */
  readonly repository: string | null
  readonly isJson: boolean
  readonly say: (line: string) => void
  readonly print: (text: string) => void
}

/** Every scenario, by file name. @throws when a file and what it holds do not agree. */
export async function readScenarios(): Promise<readonly Scenario[]> {
  const files = globSync('scenarios/*.ts', { cwd: import.meta.dirname }).toSorted()
  const found: Scenario[] = []
  for (const file of files) {
    const url = pathToFileURL(join(import.meta.dirname, file)).href
    const { scenario } = (await import(url)) as { readonly scenario: Scenario } // what every file exports
    if (file !== `scenarios/${fileNameOf(scenario)}.ts`) {
      throw new Error(`${file} holds the scenario ${fileNameOf(scenario)}: rename one of them`)
    }
    found.push(scenario)
  }
  return found
}

/** Runs scenarios side by side on one stack of servers. @returns whether all are green. */
export async function proveWorld(options: WorldOptions): Promise<boolean> {
  const { seed, say, print } = options
  const scenarios = await chosen(options)
  if (scenarios.length === 0) {
    print(`no scenario matches ${options.only}: see npm run chaos -- --world --list`)
    return false
  }
  const folder = mkdtempSync(join(tmpdir(), `custom-events-world-${seed}-`))
  say(`${scenarios.length} scenarios, ${options.atOnce} at a time, seed ${seed}; logs in ${folder}`)
  const startedAt = performance.now()
  const verdicts = await triedAgain(await runAll(scenarios, options, folder), options, folder)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  const summary = { seed, seconds, repository: options.repository, verdicts }
  print(options.isJson ? renderJson(summary) : renderTable(summary))
  const isGreen = verdicts.every((verdict) => verdict.isGreen)
  if (isGreen) rmSync(folder, { recursive: true, force: true })
  return isGreen
}

/** Dear ones first: what runs alone at the end makes the run longer. */
async function chosen({ only, isShort }: WorldOptions): Promise<readonly Scenario[]> {
  const texts = only.split(',')
  return (await readScenarios())
    .filter((each) => texts.some((text) => fileNameOf(each).includes(text.toLowerCase())))
    .filter(({ isInTests = false }) => isInTests || !isShort)
    .toSorted((a, b) => cost(b) - cost(a))
}

function cost({ needs, limitSeconds = 0 }: Scenario): number {
  const servers = { plain: 0, secure: 0, own: 1_000, brokers: 2_000 }
  return servers[needs] + limitSeconds
}

async function runAll(
  scenarios: readonly Scenario[],
  options: WorldOptions,
  folder: string,
): Promise<readonly Verdict[]> {
  const { seed, repository, patience, say } = options
  const dataDir = join(folder, 'servers')
  const onServerDied = (server: string, reason: string): void => say(`${server} ${reason}`)
  await using shared = await startStack({ secure: true, dataDir, onProgress: say, onServerDied })
  const signal = AbortSignal.timeout(options.minutes * 60_000 * patience)
  const verdicts: Verdict[] = []
  const left = [...scenarios]
  const workOff = async (): Promise<void> => {
    for (let scenario = left.shift(); scenario !== undefined; scenario = left.shift()) {
      say(`${fileNameOf(scenario)}: begins`)
      const of = { seed, folder, repository, shared, patience, signal, say }
      const verdict = await tryOut(scenario, of)
      verdicts.push(verdict)
      const colour = verdict.isGreen ? 'green' : 'RED'
      const rest = `${verdicts.length} of ${scenarios.length} done`
      say(`${fileNameOf(scenario)}: ${colour} in ${verdict.seconds} s (${rest}) ${verdict.detail}`)
      const own = verdict.isGreen ? '.' : 'servers'
      rmSync(join(verdict.folder, own), { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: options.atOnce }, workOff))
  await shared.stop()
  rmSync(dataDir, { recursive: true, force: true })
  return verdicts.toSorted((a, b) => order(a) - order(b))
}

/** The verdicts, those that were red with what came of them alone, on servers of their own. */
async function triedAgain(
  verdicts: readonly Verdict[],
  options: WorldOptions,
  folder: string,
): Promise<readonly Verdict[]> {
  const red = verdicts.filter(({ isGreen }) => !isGreen)
  if (!options.isTriedAgain || red.length === 0) return verdicts
  options.say(`${red.length} red, each tried once more, alone`)
  const alone = await runAll(
    red.map(({ scenario }) => scenario),
    { ...options, atOnce: 1 },
    join(folder, 'again'),
  )
  return verdicts.map((first) => {
    const second = alone.find(({ scenario }) => scenario === first.scenario)
    if (second?.isGreen !== true) return first
    return { ...second, detail: `${second.detail}; RED beside others: ${first.detail}` }
  })
}

function order({ scenario: { kind } }: Verdict): number {
  return kind === 'held' ? 99 : Number(kind.slice(1))
}
