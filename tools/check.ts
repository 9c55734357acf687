// `npm run check`: everything that can be judged without running the product. Every check runs, so
// that one run shows every problem; the exit code is 1 if any failed.
import { spawnSync } from 'node:child_process'
import { structureProblems } from './structure.ts'

interface Check {
  readonly name: string
  readonly run: () => string | null
}

const checks: readonly Check[] = [
  { name: 'types (tsc)', run: () => command('tsc', ['-p', 'tsconfig.json']) },
  { name: 'lint (oxlint, type-aware)', run: () => command('oxlint', ['--type-aware', '--quiet']) },
  {
    name: 'format (prettier)',
    run: () => command('prettier', ['--check', '--log-level=warn', '.']),
  },
  { name: 'dead code (knip)', run: () => command('knip', []) },
  { name: 'generated pages', run: () => node(['tools/generate.ts', '--check']) },
  { name: 'structure rules', run: () => structureProblems().join('\n') || null },
]

let failed = 0
for (const { name, run: check } of checks) {
  const startedAt = performance.now()
  const problem = check()
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  process.stdout.write(`${problem === null ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`)
  if (problem !== null) {
    failed += 1
    process.stdout.write(`${problem}\n`)
  }
}
process.exitCode = failed === 0 ? 0 : 1

/** Each returns what the tool said if it failed, else null. */
function command(bin: string, args: readonly string[]): string | null {
  return run(`node_modules/.bin/${bin}`, args)
}

function node(args: readonly string[]): string | null {
  return run(process.execPath, args)
}

function run(program: string, args: readonly string[]): string | null {
  const result = spawnSync(program, args, { encoding: 'utf8' })
  if (result.status === 0) return null
  return [result.stdout, result.stderr, result.error?.message].filter(Boolean).join('\n')
}
