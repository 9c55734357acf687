/** Where the keys of sealed properties are: apart from the events, whose backups must not hold them. */
export function keysDatabase(database: string): string {
  return `${database}_keys`
}

/** Where tables over all shards are, beside the tables of each. */
export function allShardsDatabase(database: string): string {
  return `${database}_all`
}
