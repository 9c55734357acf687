// Textbook Express, as the documentation of each library shows it: express.json, one compiled ajv
// schema, one kafkajs send per request with all its events, an answer after Kafka's acknowledgement.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import express from 'express'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { listenAsPeer } from './listen.ts'

interface Event {
  readonly event_id?: string
  readonly group_id: string
}

const topic = String(process.env['KAFKA_TOPIC'])
const kafka = new Kafka({
  brokers: String(process.env['KAFKA_BROKERS']).split(','),
  logLevel: logLevel.ERROR,
})
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
await producer.connect()

const ajv = new Ajv2020()
addFormats.default(ajv)
const text = { type: 'string', minLength: 1, maxLength: 256 }
const isEvent = ajv.compile<Event>({
  type: 'object',
  required: ['event', 'group_id', 'timestamp'],
  properties: {
    event: text,
    event_id: text,
    group_id: text,
    user_id: text,
    timestamp: { type: 'string', format: 'date-time' },
    properties: { type: 'object' },
    context: { type: 'object' },
  },
})

const app = express()
app.disable('x-powered-by')
app.get('/health', (_request, response) => void response.json({ ready: true }))
app.post('/track', express.json({ limit: '5mb' }), async (request, response) => {
  const events: readonly unknown[] = request.body.batch ?? [request.body]
  const accepted = events.filter((event) => isEvent(event))
  if (accepted.length < events.length) {
    response.status(400).json({ errors: isEvent.errors })
    return
  }
  const received_at = Date.now()
  await producer.send({
    topic,
    acks: -1,
    messages: accepted.map((event) => ({
      key: event.group_id,
      value: JSON.stringify({ event_id: randomUUID(), ...event, received_at }),
    })),
  })
  response.json({ accepted: accepted.length })
})
listenAsPeer(createServer(app))
