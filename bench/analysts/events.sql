-- Events of a SaaS company with 5,000 accounts by Zipf, 300 names, 200,000 users and some 13 months, always the same:
-- row `number` of {n} is made of the two alone. {lo} and {hi} are the first row and the one behind the last. With {upd} = 1
-- those 1.5 % of them that are sent again later, with one property more.
INSERT INTO events (group_id, event, timestamp, event_id, user_id, anonymous_id, set_sent_at, set_received_at, set_inserted_at,
    properties, context, extra, source, kafka_partition, version)
WITH
  cityHash64(number, 1) AS h1, cityHash64(number, 2) AS h2, cityHash64(number, 3) AS h3, cityHash64(number, 4) AS h4, cityHash64(number, 5 + {upd:UInt8}) AS h5,
  (h1 % 1000003) / 1000003. AS u1, (h2 % 1000003) / 1000003. AS u2, (h3 % 1000003) / 1000003. AS u3,
  toUInt32(pow(5000, u1)) AS acc,
  greatest(1, toUInt32(23500 / acc)) AS acc_users,
  toUInt32(acc_users * u2 * u2) AS usr,
  toUInt32(pow(300, u3)) AS ev,
  ['page_viewed','button_clicked','feature_used','session_started','search_performed','report_viewed','item_created','item_updated','file_uploaded','comment_added','notification_opened','item_deleted','export_started','export_finished','settings_changed','teammate_invited','login','logout','trial_started','subscription_started','subscription_upgraded','invoice_paid','checkout_started','checkout_completed','signed_up'] AS names,
  if(ev <= 25, names[ev], concat(['workspace','billing','editor','chart','import','api','mobile','admin'][1 + ev % 8], '_action_', toString(ev))) AS ename,
  toInt64(toUnixTimestamp('2025-11-01 00:00:00','UTC')) * 1000 + toInt64(number * (392.7 * 86400000 / {n:UInt64})) + toInt64(h4 % 3600000) AS ts_ms,
  if({upd:UInt8} = 1, 3600000 + h5 % 86400000, 150 + h5 % 2500) AS delay
SELECT
  concat('account_', toString(acc)) AS group_id,
  ename AS event,
  fromUnixTimestamp64Milli(ts_ms, 'UTC') AS timestamp,
  toString(reinterpretAsUUID(sipHash128(number))) AS event_id,
  if(h4 % 100 < 4, NULL, concat('user_', toString(acc), '_', toString(usr))) AS user_id,
  if(h4 % 100 < 60, concat('anon-', lower(hex(cityHash64(acc, usr, 7)))), NULL) AS anonymous_id,
  if(h4 % 10 < 8, fromUnixTimestamp64Milli(ts_ms + toInt64(h5 % 120), 'UTC'), NULL) AS sent_at,
  fromUnixTimestamp64Milli(ts_ms + toInt64(delay), 'UTC') AS received_at,
  fromUnixTimestamp64Milli(ts_ms + toInt64(delay) + 400 + toInt64(h1 % 900), 'UTC') AS inserted_at,
  concat('{"plan":"', ['free','pro','team','enterprise'][1 + acc % 4], '","session_id":"', lower(hex(cityHash64(acc, usr, intDiv(ts_ms, 1800000)))),
    '","duration_ms":', toString(toUInt32(exp((h5 % 10000) / 1000.))), ',"browser":"', ['Chrome','Safari','Firefox','Edge'][1 + toUInt8(sqrt(h2 % 16))],
    '","os":"', ['macOS','Windows','Linux','iOS','Android'][1 + h2 % 5], '"',
    if(ev = 1, concat(',"path":"/', ['app','settings','reports','billing','docs'][1 + h3 % 5], '/', toString(h3 % 4000), '","referrer":"', ['','https://www.google.com/','https://news.ycombinator.com/','https://mail.example.com/'][1 + h5 % 4], '","title":"Page ', toString(h3 % 4000), '"'), ''),
    if(ev IN (2,3), concat(',"feature_name":"feature_', toString(toUInt32(pow(80, (h5 % 9973) / 9973.))), '","action":"', ['clicked','opened','closed','hovered'][1 + h5 % 4], '"'), ''),
    if(ev IN (12,13,14,20,21,22,23,24), concat(',"amount":', toString(round((h5 % 50000) / 100., 2)), ',"currency":"', ['USD','EUR','GBP'][1 + h5 % 3], '","items":', toString(1 + h5 % 9)), ''),
    if(ev = 25 OR h5 % 50 = 0, concat(',"email":"user', toString(usr), '@company', toString(acc), '.example.com"'), ''),
    if(ev > 3, concat(',"item_id":', toString(h3 % 1000000), ',"source_view":"', ['list','board','detail','calendar'][1 + h5 % 4], '","count":', toString(h5 % 37)), ''),
    if(h5 % 10 < 3, concat(',"experiment":{"name":"exp_', toString(h5 % 12), '","variant":"', ['a','b'][1 + h3 % 2], '"}'), ''),
    if({upd:UInt8} = 1, ',"updated":true', ''), '}') AS properties,
  if(h4 % 10 < 7, concat('{"library":{"name":"analytics.js","version":"2.', toString(h4 % 5), '.0"},"ip":"', toString(h2 % 223 + 1), '.', toString(h2 % 251), '.', toString(h1 % 256), '.', toString(usr % 256), '","userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1', toString(20 + usr % 20), '.0.0.0 Safari/537.36","locale":"', ['en-US','en-GB','de-DE','fr-FR'][1 + usr % 4], '","timezone":"', ['America/New_York','Europe/London','Europe/Berlin','Asia/Tokyo'][1 + usr % 4], '"}'),
     '{"library":{"name":"@segment/analytics-node","version":"2.1.2"}}') AS context,
  '{}' AS extra,
  ['web','server','mobile'][1 + h4 % 3] AS source,
  cityHash64(acc, 99) % 12 AS kafka_partition,
  bitShiftLeft(toUInt64(1), 48) + if({upd:UInt8} = 1, ({n:UInt64} + number) * 2 + 1, number * 2) AS version
FROM numbers({lo:UInt64}, {hi:UInt64} - {lo:UInt64})
WHERE {upd:UInt8} = 0 OR cityHash64(number, 42) % 1000 < 15
