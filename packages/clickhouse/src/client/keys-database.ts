/** Where the keys of sealed properties are: apart from the events, whose backups must not hold them. */
export function keysDatabase(database: string): string {
  return `${database}_keys`
}
