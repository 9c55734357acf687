import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import type { Plot } from '../tools/plot/kinds.ts'

/** What a benchmark saw. Everything that is printed, plotted and compared is made from it. */
export interface Figures {
  readonly tables: readonly FigureTable[]
  readonly plots: readonly Plot[]
  /** By name, larger is better; `--compare` judges these. Ratios within one run: they outlive a machine. */
  readonly ratios: Readonly<Record<string, number>>
  /** What a reader must know: which process had which core, what was not pinned. */
  readonly notes: readonly string[]
}

export interface FigureTable {
  /** Lower case with hyphens: pages refer to it. */
  readonly name: string
  readonly columns: readonly string[]
  /** `null`: not measured. */
  readonly rows: readonly (readonly (string | number | null)[])[]
}

/** Figures with what is needed to make them again. */
export interface SavedFigures extends Figures {
  readonly bench: string
  readonly command: string
  readonly measuredAt: string
  /** What was measured, `-dirty` when the checkout had changes other than new figures. */
  readonly commit: string
  readonly machine: string
}

const root = fileURLToPath(new URL('../', import.meta.url))

export function savedFigures(bench: string, command: string, figures: Figures): SavedFigures {
  return {
    bench,
    command,
    measuredAt: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: machine(),
    ...figures,
  }
}

/** `kept`: committed, what the pages and `--compare` use. `last`: of the last run, not committed. */
export function figuresPath(kind: 'kept' | 'last', bench: string): string {
  return kind === 'kept' ? `docs/figures/${bench}.json` : `bench/results/${bench}.json`
}

export async function writeFigures(kind: 'kept' | 'last', figures: SavedFigures): Promise<string> {
  const path = figuresPath(kind, figures.bench)
  mkdirSync(dirname(root + path), { recursive: true })
  writeFileSync(
    root + path,
    await format(JSON.stringify(figures), { parser: 'json', printWidth: 100 }),
  )
  return path
}

/** @returns `null` when none were committed. */
export function readKeptFigures(bench: string): SavedFigures | null {
  try {
    // Written by writeFigures only.
    return JSON.parse(readFileSync(root + figuresPath('kept', bench), 'utf8')) as SavedFigures
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const changes = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!docs/figures')
  return `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '-dirty'}`
}

function machine(): string {
  const model = /^model name\s*: (.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]
  const gigabytes = Math.round(totalmem() / 1e9)
  const cores = `${availableParallelism()} cores`
  return [cores, model, `${gigabytes} GB of memory`, `Node ${process.versions.node}`]
    .filter((part) => part !== undefined)
    .join(', ')
}
