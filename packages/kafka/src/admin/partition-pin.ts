/**
 * The partition of an account is its hash modulo a number that must be the same for ever, everywhere. Kafka has no
 * place for such a number that every service may read without more rights, but the name of a topic is one: setup
 * makes an empty topic `events.tracked.v1.partitions-12`, and whoever is given another number sees it. That of a later
 * generation is not empty: its first record says what is split in it (generations/recorded-generation.ts).
 */
export function pinTopic(topic: string, partitions: number): string {
  return `${topic}${PIN}${partitions}`
}

const PIN = '.partitions-'

/** The numbers that are pinned for a topic; more than one when two setups disagreed at the same moment. */
export function pinsOf(topic: string, names: Iterable<string>): readonly number[] {
  const pins: number[] = []
  for (const name of names) {
    if (!name.startsWith(`${topic}${PIN}`)) continue
    const number = name.slice(topic.length + PIN.length)
    if (/^[1-9]\d*$/.test(number)) pins.push(Number(number))
  }
  return pins.toSorted((one, other) => one - other)
}

/**
 * Why accounts must not be placed with `wanted` partitions; `null` when they may.
 *
 * @param found how many partitions the topic has.
 */
export function pinProblem(
  topic: string,
  { wanted, found, pins }: { wanted: number; found: number; pins: readonly number[] },
): string | null {
  const [pinned, ...others] = pins
  if (pinned !== undefined && others.length > 0) {
    return (
      `topic ${topic}: accounts are placed with ${pins.join(' and with ')} partitions at once, by the topics ` +
      `${pins.map((pin) => pinTopic(topic, pin)).join(' and ')}: delete the one that is wrong. That of a later generation ` +
      `(….g2) holds the only lasting record of what is split: read it before`
    )
  }
  if (pinned !== undefined && wanted !== pinned) {
    return (
      `topic ${topic} has ${found} partitions, ${wanted} are configured, but accounts are placed with ${pinned}, as ` +
      `the topic ${pinTopic(topic, pinned)} records. With another number they would move and updates of their events ` +
      `would not show: set KAFKA_PARTITIONS=${pinned}` +
      (wanted > pinned ? grow(wanted) : ', or name a new topic in KAFKA_TOPIC')
    )
  }
  if (found < wanted) {
    return (
      `topic ${topic} has ${found} partitions, ${wanted} are configured. Adding partitions would move accounts and ` +
      (pinned === undefined
        ? `break their order: set KAFKA_PARTITIONS=${found}${grow(wanted)}`
        : `break their order: it was made anew with fewer; name a new topic in KAFKA_TOPIC`)
    )
  }
  if (pinned === undefined && found > wanted) {
    return (
      `topic ${topic} has ${found} partitions, ${wanted} are configured, and nothing says with how many accounts ` +
      `were placed: if they were placed with ${wanted}, or no event was taken yet, create the topic ` +
      `${pinTopic(topic, wanted)} with one partition and retention.ms=-1, else set KAFKA_PARTITIONS=${found}`
    )
  }
  return null
}

function grow(partitions: number): string {
  return `; for more, \`npm run topic -- grow --partitions ${partitions}\``
}
