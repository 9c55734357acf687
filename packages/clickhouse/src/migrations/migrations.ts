import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { sqlStatements, substitute } from './sql-statements.ts'

/** A numbered file that is applied once; never changed after that. */
export interface Migration {
  readonly version: number
  readonly name: string
  /** SHA-256 of the file as it is, before variables: the same for every installation. */
  readonly checksum: string
  readonly statements: readonly string[]
}

export interface AppliedMigration {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/** The migrations of this checkout and those of the database do not belong together. */
export class MigrationError extends Error {
  constructor(problems: readonly string[]) {
    super(`migrations do not fit:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'MigrationError'
  }
}

const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/

/** @throws {MigrationError} when a file is misnamed, or two have one number. */
export function readMigrations(
  dir: URL,
  variables: Readonly<Record<string, string>>,
): readonly Migration[] {
  const names = readdirSync(dir)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  const misnamed = names.filter((name) => !FILE.test(name))
  if (misnamed.length > 0) {
    throw new MigrationError(
      misnamed.map((name) => `${name}: expected a name like 0001_events.sql`),
    )
  }
  const migrations = names.map((name) => {
    const text = readFileSync(new URL(name, dir), 'utf8')
    return {
      version: Number(name.slice(0, 4)),
      name,
      checksum: createHash('sha256').update(text).digest('hex'),
      statements: sqlStatements(substitute(text, variables)),
    }
  })
  const doubled = migrations.filter(
    (each, index) => migrations[index - 1]?.version === each.version,
  )
  if (doubled.length > 0) {
    throw new MigrationError(doubled.map(({ name }) => `${name}: its number is taken`))
  }
  return migrations
}

/**
 * Which migrations are still to be applied, in order.
 * @throws {MigrationError} when an applied file was changed or is gone, with what to do about it.
 */
export function pendingMigrations(
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const problems: string[] = []
  const fileByVersion = new Map(files.map((file) => [file.version, file]))
  for (const { version, name, checksum } of applied) {
    const file = fileByVersion.get(version)
    if (file === undefined) {
      problems.push(`${name} was applied but is not here: is this an older checkout?`)
    } else if (file.checksum !== checksum) {
      problems.push(
        `${file.name} was changed after it was applied: restore it, add a new file instead`,
      )
    }
  }
  if (problems.length > 0) throw new MigrationError(problems)
  const done = new Set(applied.map(({ version }) => version))
  return files.filter(({ version }) => !done.has(version))
}
