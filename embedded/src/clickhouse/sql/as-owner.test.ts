import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyNotAsOwner } from './as-owner.ts'

for (const sql of [
  'CREATE VIEW event_x (key String) DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT key FROM k',
  'CREATE VIEW event_x SQL SECURITY/* INVOKER */DEFINER AS SELECT 1',
  'CREATE VIEW event_x SQL\u00a0SECURITY\u00a0definer AS SELECT 1',
  'CREATE VIEW event_x SQL SECURITY NONE AS SELECT 1',
  "CREATE VIEW event_x DEFINER = setup AS SELECT ''",
  'ALTER TABLE event_x MODIFY SQL SECURITY DEFINER',
  'CREATE MATERIALIZED VIEW event_x REFRESH EVERY 1 HOUR ENGINE = Memory AS SELECT key FROM k',
  'CREATE Materialized/**/VIEW event_x ENGINE = Memory AS SELECT key FROM k',
  'CREATE LIVE VIEW event_x AS SELECT key FROM k',
  'CREATE WINDOW\nVIEW event_x AS SELECT key FROM k',
]) {
  test(`no view reads as its owner: ${JSON.stringify(sql)}`, () => {
    assert.equal(whyNotAsOwner(Buffer.from(sql).toString('latin1'))?.code, 497)
  })
}

for (const sql of [
  'CREATE OR REPLACE VIEW event_x (`definer` String) SQL SECURITY INVOKER AS SELECT 1',
  "CREATE VIEW event_x SQL SECURITY\n invoker AS SELECT 1 COMMENT 'By its definer: SQL SECURITY DEFINER'",
  'ALTER TABLE events MATERIALIZE COLUMN plan',
  'CREATE VIEW event_x (materialized String, live UInt8) SQL SECURITY INVOKER AS SELECT 1',
]) {
  test(`it may be made: ${JSON.stringify(sql)}`, () => {
    assert.equal(whyNotAsOwner(Buffer.from(sql).toString('latin1')), undefined)
  })
}
