import type { KafkaJsConnection } from './kafkajs-cluster.ts'

export interface RequestApi {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
}

/** What kafkajs's `Connection.send` does, for a request that is written by us. @returns the answer's body. */
export async function sendRequest(
  connection: KafkaJsConnection,
  api: RequestApi,
  encode: (head: { readonly correlationId: number; readonly clientId: string }) => Buffer,
): Promise<Buffer> {
  if (connection.sasl !== null && !connection.isAuthenticated()) await connection.authenticate()
  connection.failIfNotConnected()
  const correlationId = connection.nextCorrelationId()
  const bytes = encode({ correlationId, clientId: connection.clientId })
  return new Promise<Buffer>((resolve, reject) => {
    connection.requestQueue.push({
      entry: { ...api, correlationId, resolve: (answer) => resolve(answer.payload), reject },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: () => connection.socket.write(bytes),
    })
  })
}
