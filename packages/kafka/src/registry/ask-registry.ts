import type { Agent } from 'node:https'
import { askHttp } from '@custom-events/runtime'
import type { RegistryAnswer } from './registry-answer.ts'
import { registryError } from './registry-error.ts'

export const REQUEST_TIMEOUT_MS = 3_000

const JSON_OF_REGISTRIES = 'application/vnd.schemaregistry.v1+json'

/**
 * One request of ours to the registry, past its client.
 *
 * @param asking for the message, such as `reading schema 7 from http://registry`.
 * @throws {SchemaRegistryError} `unavailable` when nobody answers.
 */
export type AskRegistry = (
  request: { readonly path: string; readonly method?: string; readonly body?: string },
  asking: string,
) => Promise<RegistryAnswer>

/** @param options.identity the headers that say who we are, now. */
export function askingRegistry(options: {
  readonly url: string
  readonly identity: () => Readonly<Record<string, string>>
  readonly agent: Agent
}): AskRegistry {
  const { url, identity, agent } = options
  return async ({ path, method = 'GET', body }, asking) => {
    const headers = {
      accept: `${JSON_OF_REGISTRIES}, application/json`,
      ...(body === undefined ? {} : { 'content-type': JSON_OF_REGISTRIES }),
      ...identity(),
    }
    const given = body === undefined ? {} : { body }
    try {
      return await askHttp(`${url}${path}`, {
        method,
        headers,
        ...given,
        agent,
        timeoutMs: REQUEST_TIMEOUT_MS,
      })
    } catch (error) {
      throw registryError(error, asking)
    }
  }
}
