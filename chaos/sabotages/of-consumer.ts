import type { FaultKind } from '../schedule.ts'
import type { Sabotage } from './sabotage.ts'

const CONSUMER = 'services/consumer/src'
const consumeFile = `${CONSUMER}/consume.ts`
const KILLS: readonly FaultKind[] = ['consumer_kill', 'failpoint_before_insert', 'consumer_kill']
const LOST = /lost: \d+ of \d+ accepted events are not in the view/

/** From the topic to the table. */
export const sabotagesOfConsumer: readonly Sabotage[] = [
  {
    name: 'a codec is skipped',
    kinds: [],
    scenario: { name: 'k2-codec-of-topic', says: LOST },
    edits: [
      {
        file: 'packages/kafka/src/record-batch/record-set.ts',
        find: 'isHidden(header, bytes) || header.count === 0',
        replace: 'isHidden(header, bytes) || header.count === 0 || header.codec === 3',
      },
    ],
  },
  {
    name: 'a denied topic is ignored',
    kinds: [],
    scenario: {
      name: 'k2-read-denied',
      says: /should be not ready for .*TOPIC_AUTHORIZATION_FAILED/,
    },
    edits: [
      {
        file: 'packages/kafka/src/group/trouble-board.ts',
        find: 'note(key, classOf(failure.error), describe(failure))',
        replace:
          "kafkaVerdict(failure.error).code === 'TOPIC_AUTHORIZATION_FAILED' ? 1 : " +
          'note(key, classOf(failure.error), describe(failure))',
      },
    ],
  },
  {
    name: 'commit before insert',
    kinds: KILLS,
    edits: [
      {
        file: consumeFile,
        find: '    const inDoubt = inDoubtOf(assignment, route.topic)',
        replace:
          '    for (const end of closed.ends) assignment.uncommitted.set(partitionKey(end), end)\n' +
          '    await commit(ports, assignment)\n' +
          '    const inDoubt = inDoubtOf(assignment, route.topic)',
      },
    ],
  },
  {
    name: 'commit one offset too far',
    kinds: KILLS,
    edits: [
      {
        file: `${CONSUMER}/batch/batch.ts`,
        find: 'endByPartition.set(fetched.partition, fetched.next)',
        replace: 'endByPartition.set(fetched.partition, fetched.next + 1)',
      },
    ],
  },
  {
    name: 'no read-back after an assignment',
    kinds: ['failpoint_after_insert'],
    edits: [
      {
        file: `${CONSUMER}/assignment/assignment.ts`,
        find: 'if (each.topic === topic && end !== undefined) inDoubt.set(each.partition, end)',
        replace: '',
      },
    ],
  },
  {
    name: 'no read-back after a failed insert',
    kinds: ['insert_link_drop_answer'],
    edits: [
      {
        file: `${CONSUMER}/insert/insert.ts`,
        find: 'if (wasTried && !isDefinite(error.failure, verdict)) putInDoubt(work, job.inDoubt)',
        replace: '',
      },
    ],
  },
  {
    name: 'read-back by position only',
    kinds: ['failpoint_after_insert'],
    edits: [
      {
        file: `${CONSUMER}/insert/in-doubt.ts`,
        find: 'if (identities === undefined || !identities.has(identityOf(record))) continue',
        replace: 'if (identities === undefined) continue',
      },
    ],
  },
  {
    name: 'a version without generation',
    kinds: ['failpoint_after_insert'],
    edits: [
      {
        file: `${CONSUMER}/read/route.ts`,
        find: 'transcoder.transcode(records, log.generation)',
        replace: 'transcoder.transcode(records, 0)',
      },
    ],
  },
  {
    name: 'what failed half-way is asked about and called done',
    kinds: ['insert_link_drop_answer'],
    edits: [
      {
        file: `${CONSUMER}/insert/insert.ts`,
        find: 'if (wasTried && !isDefinite(error.failure, verdict)) putInDoubt(work, job.inDoubt)',
        replace: 'if (wasTried) putInDoubt(work, job.inDoubt)',
      },
      {
        file: `${CONSUMER}/insert/read-back.ts`,
        find: 'present.size > 0 && !(await hasViews(clickhouse, table))',
        replace: 'present.size > 0',
      },
    ],
  },
  {
    name: 'rows in doubt are no matter to somebody’s view',
    kinds: ['failpoint_after_insert'],
    edits: [
      {
        file: `${CONSUMER}/insert/read-back.ts`,
        find: 'present.size > 0 && !(await hasViews(clickhouse, table))',
        replace: 'present.size > 0',
      },
    ],
  },
  {
    name: 'doubt ends after the first batch',
    kinds: ['failpoint_after_insert'],
    edits: [
      {
        file: `${CONSUMER}/insert/in-doubt.ts`,
        find: 'return new Set(inDoubt.keys()).difference(new Set(settled))',
        replace: 'return new Set()',
      },
    ],
  },
  {
    name: 'poison in a block that was made ahead is skipped',
    kinds: ['poison'],
    edits: [
      {
        file: `${CONSUMER}/insert/settle.ts`,
        find: ' && job.encoded.undecodable.length === 0',
        replace: '',
      },
    ],
  },
  {
    name: 'a batch that was given up is committed',
    kinds: ['insert_link_refuse', 'consumer_term', 'consumer_leave'],
    edits: [
      {
        file: consumeFile,
        // Without this line alone nothing breaks: after a batch is given up no record of its partition
        // is handed out in the same assignment.
        find: '    assignment.isOver = true\n',
        replace:
          '    for (const end of closed.ends) assignment.uncommitted.set(partitionKey(end), end)\n',
      },
    ],
  },
  {
    name: 'a failed write to the dead-letter topic is swallowed',
    kinds: ['dead_letters_refused'],
    edits: [
      {
        file: `${CONSUMER}/dead-letter/set-aside.ts`,
        find: "if (outcome?.status !== 'acknowledged') failed",
        replace: 'if (outcome === undefined) failed',
      },
    ],
  },
  {
    name: 'poison is skipped instead of set aside',
    kinds: ['poison'],
    edits: [
      {
        file: `${CONSUMER}/insert/settle.ts`,
        find: 'if (poison.length > 0) {',
        replace: 'if (poison.length > 1e9) {',
      },
    ],
  },
  {
    name: 'the search for refused rows is off by one',
    kinds: ['poison'],
    edits: [
      {
        file: `${CONSUMER}/insert/isolate.ts`,
        find: 'await search(part.slice(middle))',
        replace: 'await search(part.slice(middle + 1))',
      },
    ],
  },
  {
    name: 'one of 10,000 offsets is dropped',
    kinds: [],
    edits: [
      {
        file: `${CONSUMER}/read/route.ts`,
        find: 'transcoder.transcode(records, log.generation)',
        replace:
          'transcoder.transcode(records.filter(({ offset }) => offset % 10_000 !== 150), log.generation)',
      },
    ],
  },
  {
    // The interleavings have a way of their own to know it.
    name: 'a consumer that does not care who is erased',
    kinds: [],
    hasErasures: true,
    edits: [
      {
        file: `${CONSUMER}/start.ts`,
        find: 'erased: () => knowErased({ erasures, retryLoop, maxAgeMs: config.ERASURES_MAX_AGE_MS }),',
        replace:
          'erased: async () => ({\n' +
          '              ...(await knowErased({ erasures, retryLoop, maxAgeMs: config.ERASURES_MAX_AGE_MS })),\n' +
          '              ids: { size: 0 },\n' +
          '            }),',
      },
    ],
  },
  {
    name: 'start at the latest record',
    kinds: ['consumer_join'],
    edits: [
      {
        file: 'packages/kafka/src/consumer/consumer-positions.ts',
        find: 'offset: earliest, latest, lostBefore',
        replace: 'offset: latest, latest, lostBefore',
      },
      {
        file: 'packages/kafka/src/consumer/consumer-positions.ts',
        find: 'offset: committed, latest, ...knownLost(lostBefore)',
        replace: 'offset: latest, latest, ...knownLost(lostBefore)',
      },
    ],
  },
]
