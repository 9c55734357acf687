import type {
  Days,
  PersonalProperties,
  PlannedEvent,
  PlannedHotProperty,
} from '@custom-events/clickhouse'
import { compilePlans, plannedProperties } from '@custom-events/event'
import { readPlanFiles } from '@custom-events/runtime'

/** What tracking plans say about ClickHouse, beside what they validate. */
export interface Plans {
  /** `x-hot`. */
  readonly columns: readonly PlannedHotProperty[]
  /**
   * `x-pii`: properties that are personal or hold something that is. Whatever the event: a mistyped name must not
   * bring out what its plan hides.
   */
  readonly personal: PersonalProperties
  /** Events that get a view. */
  readonly events: readonly PlannedEvent[]
  /** `x-retention-days` by name of event; `null`: for ever. */
  readonly retention: ReadonlyMap<string, Days>
}

/** @throws {BadPlans} */
export async function readPlans(plansDir: string): Promise<Plans> {
  const plans = compilePlans(await readPlanFiles(plansDir))
  return {
    columns: plans.flatMap(({ file, columns }) =>
      columns.map((column) => ({ ...column, markedIn: `${file} /properties/${column.property}` })),
    ),
    personal: personalProperties(plans.flatMap(({ pii }) => pii)),
    events: plans.map(({ file, event, schema, seals }) => {
      const { description } = schema
      return {
        file,
        event,
        description: typeof description === 'string' ? description : null,
        properties: plannedProperties(schema).map((planned) =>
          // Sealed text stands for values of any kind.
          seals?.has(planned.property) === true ? { ...planned, kind: 'mixed' as const } : planned,
        ),
      }
    }),
    retention: new Map(
      plans.flatMap(({ event, retentionDays: days }) =>
        days === null ? [] : [[event, days === 0 ? null : days] as const],
      ),
    ),
  }
}

/** @param paths an empty one is of all properties that a plan does not name. */
function personalProperties(paths: readonly (readonly string[])[]): PersonalProperties {
  const names = paths.map(([name]) => name)
  return names.includes(undefined)
    ? 'all'
    : [...new Set(names.filter((name) => name !== undefined))]
}
