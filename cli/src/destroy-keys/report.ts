import { counted } from '../counted.ts'
import type { Named } from '../erase/request.ts'
import type { DestroyedKeys } from './destroy-keys.ts'

function named({ kind, id, within }: Named): string {
  const where = within === null ? '' : ` in account ${JSON.stringify(within)}`
  return `${kind} ${JSON.stringify(id)}${where}`
}

/** What would be done, for a person. */
export function reportPlanned(
  owner: Named,
  { keys, accounts }: { readonly keys: number; readonly accounts: number },
): readonly string[] {
  if (keys === 0) return [`Nothing is changed: there are no keys of ${named(owner)}`]
  return [
    `Nothing is changed: ${counted(keys, 'key')} of ${named(owner)} would be destroyed. What they sealed could not be read any more:`,
    'in ClickHouse, in Kafka, in dead letters and in any backup of these. It cannot be undone.',
    ...(accounts > 1 ? reportAmbiguous(owner, accounts) : ['To do it: --yes']),
  ]
}

/** Why nothing is done, and both ways on. */
export function reportAmbiguous({ kind }: Named, accounts: number): readonly string[] {
  return [
    `${accounts} accounts have keys of this ${kind}, and it may be somebody else in each.`,
    `Name the account to destroy them in it alone: --${kind} … --group … --yes`,
    'Or say that they are one person: --in-all-accounts --yes',
  ]
}

/** What is said of it: lines for a person. */
export function reportDestroyed(
  owner: Named,
  { keys, replacedParts, kafkaKeepsBecause }: DestroyedKeys,
): readonly string[] {
  return [
    keys === 0
      ? `There are no keys of ${named(owner)} in ClickHouse: none was left to destroy`
      : `${counted(keys, 'key')} of ${named(owner)} destroyed: what they sealed cannot be read any more`,
    replacedParts === 0
      ? 'ClickHouse: the parts that held them are removed'
      : `ClickHouse: still there: ${counted(replacedParts, 'replaced part')}; run it again in a minute`,
    kafkaLine(kafkaKeepsBecause),
  ]
}

/** What Kafka still holds of destroyed keys. */
export function kafkaLine(keepsBecause: DestroyedKeys['kafkaKeepsBecause']): string {
  return keepsBecause === null
    ? 'Kafka: no reader gets them; their files go within about 6 minutes, by the intervals of the broker'
    : 'Kafka: no reader gets them; their bytes stay until an hour after the next key, ' +
        `because the segments could not be closed: ${keepsBecause}`
}
