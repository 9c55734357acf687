import { keysDatabase } from '../client/keys-database.ts'
import { quoteIdentifier } from '../client/quote.ts'
import type { Grant, Role } from './role.ts'

/** `SELECT(a, b) ON custom_events.events`: a part of a GRANT, one for each right and table. */
export function grantParts(
  role: Role,
  { database, isOnCluster }: { readonly database: string; readonly isOnCluster: boolean },
): readonly string[] {
  return role.grants
    .filter(({ isOfClusters = false }) => isOnCluster || !isOfClusters)
    .flatMap((grant) => grant.on.map((on) => `${rightsOf(grant)} ON ${placeOf(on, database)}`))
}

/** @param columns of a table: those of a right to the whole table are left out */
function rightsOf({ rights, columns }: Grant): string {
  const list = columns === undefined ? '' : `(${columns.map(quoteIdentifier).join(', ')})`
  return rights.map((right) => `${right}${list}`).join(', ')
}

function placeOf(on: string, database: string): string {
  if (on === '*.*') return on
  const [first = '', second] = on.split('.')
  const [name, table] =
    second === undefined
      ? [database, first]
      : [first === 'keys' ? keysDatabase(database) : first, second]
  return `${quoteIdentifier(name)}.${table.endsWith('*') ? table : quoteIdentifier(table)}`
}
