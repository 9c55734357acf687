// `npm run check`: everything that can be judged without running the product. Every check runs, two
// beside each other, so that one run shows every problem; the exit code is 1 if any failed.
import { execFile } from 'node:child_process'
import { readImportGraph } from './import-graph.ts'
import { layerProblems } from './layers.ts'
import { structureProblems } from './structure.ts'

interface Check {
  readonly name: string
  /** What is wrong, or null. */
  readonly run: () => Promise<string | null>
}

// The longest first: it takes half of the time, on one core.
const checks: readonly Check[] = [
  {
    name: 'format (prettier)',
    // By content: a file that was good and is as it was is not looked at again.
    run: () =>
      command('prettier', [
        '--check',
        '--log-level=warn',
        '--cache',
        '--cache-strategy=content',
        '--cache-location=node_modules/.cache/prettier-check', // prettier without --cache removes its own
        '.',
      ]),
  },
  { name: 'types (tsc)', run: () => command('tsc', ['-p', 'tsconfig.json']) },
  { name: 'lint (oxlint, type-aware)', run: () => command('oxlint', ['--type-aware', '--quiet']) },
  { name: 'dead code (knip)', run: () => command('knip', []) },
  { name: 'generated pages', run: () => run(process.execPath, ['tools/generate.ts', '--check']) },
  { name: 'structure rules', run: async () => structureProblems().join('\n') || null },
  { name: 'layers', run: async () => layerProblems(readImportGraph()).join('\n') || null },
]

const left = checks.values()
const verdicts = await Promise.all([doChecks(), doChecks()])
process.exitCode = verdicts.every(Boolean) ? 0 : 1

/** Takes one check after the other, until none is left. @returns whether all of its own passed. */
async function doChecks(): Promise<boolean> {
  let isGood = true
  for (const { name, run: check } of left) {
    const startedAt = performance.now()
    const problem = await check()
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    process.stdout.write(`${problem === null ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`)
    if (problem === null) continue
    isGood = false
    process.stdout.write(`${problem}\n`)
  }
  return isGood
}

function command(bin: string, args: readonly string[]): Promise<string | null> {
  return run(`node_modules/.bin/${bin}`, args)
}

/** @returns what the tool said if it failed, else null. */
function run(program: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve(error === null ? null : [stdout, stderr, error.message].filter(Boolean).join('\n'))
    })
  })
}
