import type { Logger } from '@custom-events/runtime'
import type { SeenMember } from './group-judge.ts'
import { nameOf } from './group-members.ts'

/** Tells once that an upgrade of the group has begun, and once that it has ended. */
export interface UpgradeTeller {
  saw(earlier: readonly SeenMember[]): void
}

/**
 * Until its last member is of this release, a group does what the earlier one did: at each change everybody lets go of
 * everything. What earlier members know nothing of must not begin.
 */
export function createUpgradeTeller(
  consumerGroup: string,
  log: Pick<Logger, 'warn' | 'info'>,
): UpgradeTeller {
  let isMixed = false
  return {
    saw: (earlier) => {
      if (earlier.length > 0 === isMixed) return
      isMixed = earlier.length > 0
      if (!isMixed) {
        log.info({ consumerGroup }, 'no member of the consumer group is of an earlier release now')
        return
      }
      log.warn(
        { consumerGroup, earlier: earlier.map(nameOf) },
        `${earlier.length} of the consumer group's members are of an earlier release: until they are exchanged, all let go of ` +
          'everything whenever a member comes or goes, the topic cannot grow, and nobody should be erased ' +
          '(docs/runbook.md#an-upgrade-is-half-done)',
      )
    },
  }
}
