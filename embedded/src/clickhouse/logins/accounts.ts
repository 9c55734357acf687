import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Limit } from '@custom-events/clickhouse/access'
import { exception } from '../engine/errors.ts'
import type { AccountStatement } from './account-statement.ts'
import type { Login, Secret } from './login.ts'

/** Logins of accounts, which outlive the process. */
export interface Accounts {
  readonly named: (name: string) => Login | undefined
  readonly all: () => readonly Login[]
  /**
   * Does what a statement says, and keeps it.
   * @returns whether the engine has to be told
   * @throws ServerException 493 for a login that is there already, 192 for one that is not
   */
  readonly change: (statement: AccountStatement) => boolean
}

type Kept = Readonly<Record<string, Secret>>

/**
 * @param path of the file that keeps them; it is made with the first one
 * @param limits of all of them
 */
export function createAccounts(path: string, limits: readonly Limit[]): Accounts {
  let kept = readKept(path)
  const write = (next: Kept): void => {
    writeFileSync(`${path}.new`, JSON.stringify(next), { mode: 0o600 })
    renameSync(`${path}.new`, path)
    kept = next
  }
  const named = (name: string): Login | undefined => {
    const secret = Object.hasOwn(kept, name) ? kept[name] : undefined
    if (secret === undefined) return undefined
    return { name, engineRole: name, role: 'account', limits, secret }
  }
  return {
    named,
    all: () => Object.keys(kept).flatMap((name) => named(name) ?? []),
    change: (statement) => {
      const { kind, login } = statement
      const isThere = Object.hasOwn(kept, login)
      if (kind === 'create') {
        if (isThere)
          throw exception(493, `user \`${login}\`: cannot insert because it already exists.`)
        write({ ...kept, [login]: statement.secret })
        return true
      }
      if (!isThere) throw exception(192, `There is no user \`${login}\`.`)
      if (kind === 'alter') write({ ...kept, [login]: statement.secret })
      if (kind !== 'drop') return false
      const { [login]: _, ...rest } = kept
      write(rest)
      return true
    },
  }
}

function readKept(path: string): Kept {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Kept // written by ourselves
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
