import { DATA_COMMANDS } from './data-commands.ts'
import { PEOPLE } from './people.ts'
import { PROGRAMS } from './programs.ts'
import type { Role, RoleName } from './role.ts'

/**
 * Who may do what in ClickHouse, and what does not work without it. Everything else that says so is made of this table:
 * the SQL of roles-sql.ts, the users of users-xml.ts, docs/reference/rights.md.
 */
export const ROLES: readonly Role[] = [...PROGRAMS, ...DATA_COMMANDS, ...PEOPLE]

/** @throws {RangeError} for a name that is none */
export function roleNamed(name: RoleName): Role {
  const found = ROLES.find((role) => role.name === name)
  if (found === undefined) throw new RangeError(`no role ${name}`)
  return found
}
