// The rules about where things may stand, which no general linter knows.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { moduleStateProblems } from './module-state.ts'

interface Rule {
  /** What a line must not hold … */
  readonly pattern: RegExp
  /** … in files whose path matches … */
  readonly files: RegExp
  /** … unless the path matches this. */
  readonly allowedIn: RegExp
  readonly reason: string
}

const rules: readonly Rule[] = [
  {
    pattern: /from ['"]kafkajs|from ['"]@kafkajs\/|import\(['"]@?kafkajs/,
    files: /\.(ts|mjs)$/,
    allowedIn: /^packages\/kafka\/|^bench\/peers\//,
    reason:
      'kafkajs is imported by packages/kafka only (and by the peers that we are measured against)',
  },
  {
    pattern: /from ['"]@clickhouse\/client/,
    files: /\.(ts|mjs)$/,
    allowedIn: /^packages\/clickhouse\/|^test\/embedded\/|^bench\/peers\//,
    reason:
      '@clickhouse/client is imported by packages/clickhouse only (tested in test/embedded, measured in bench/peers)',
  },
  {
    pattern: /process\.env\b/,
    files: /^(packages|services|cli|embedded)\/.*\.ts$/,
    allowedIn: /(^|\/)(config|main)\.ts$|\.test\.ts$|^embedded\//,
    reason: 'the environment is read in config.ts, from main.ts',
  },
  {
    pattern: /\b(test|it|describe)\.only\(/,
    files: /\.test\.ts$/,
    allowedIn: /^$/,
    reason: 'a test must not run alone',
  },
  {
    pattern: /registry\.npmjs\.org|repo\.maven\.apache\.org|deb\.debian\.org/,
    files: /./,
    allowedIn: /^tools\/structure\.ts$/,
    reason: 'no registry host is named: people use their own mirrors',
  },
]

const MAX_LINES = 300

/** @returns one line per broken rule: path, line, reason. */
export function structureProblems(): readonly string[] {
  return trackedFiles().flatMap((path) => [
    ...ruleProblems(path),
    ...sizeProblems(path),
    ...(path.endsWith('.ts') ? moduleStateProblems(path, readFileSync(path, 'utf8')) : []),
  ])
}

function trackedFiles(): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard']
  return execFileSync('git', args, { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path))
}

function ruleProblems(path: string): readonly string[] {
  const applicable = rules.filter((rule) => rule.files.test(path) && !rule.allowedIn.test(path))
  if (applicable.length === 0) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line, index) =>
    applicable
      .filter((rule) => rule.pattern.test(line))
      .map((rule) => `${path}:${index + 1}: ${rule.reason}`),
  )
}

function sizeProblems(path: string): readonly string[] {
  if (!path.endsWith('.ts') || path.endsWith('.test.ts')) return []
  const lines = readFileSync(path, 'utf8').split('\n').length
  return lines > MAX_LINES ? [`${path}: ${lines} lines: two things in one file?`] : []
}
