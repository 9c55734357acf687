/** The same JSON with neither spaces nor escapes, as some SDKs write them; keys keep their order. */
export function withoutSpace(json: string | undefined): string | undefined {
  return json === undefined ? undefined : JSON.stringify(JSON.parse(json))
}
