-- What `tracked` shows, with sealed properties opened. It reads the keys with the rights of the user that ran setup:
-- whoever may read this view need not, and should not, be able to read keys.
--
-- An event has at most one key of its person and one of its account. Sealed text stands as the value of a member; its key is
-- authenticated with it, with the id of the event and of the key: text that was copied from elsewhere is not opened.
-- packages/event/src/seal has the same in TypeScript.
--
-- A key that is marked as destroyed opens nothing, even where its row is there again: a consumer that was frozen may bring it.
CREATE OR REPLACE VIEW tracked_unsealed ${ON_CLUSTER}
(
${TRACKED_TYPES}
) DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    '"sealed:v1:[pa][\\w-]{22}:[\\w-]{39,}"' AS sealed_text,
    extractAll(properties, sealed_text) AS sealed,
    -- What lies between: it ends with the name of the value that follows.
    splitByRegexp(sealed_text, properties) AS pieces,
    arrayMap(piece -> extract(piece, '"((?:[^"\\\\]|\\\\.)*)"\\s*:\\s*$'), arrayPopBack(pieces)) AS names,
    arrayMap(text -> substring(text, 12, 23), sealed) AS key_ids,
    arrayMap(text -> tryBase64URLDecode(substring(text, 36, length(text) - 36)), sealed) AS bytes,
    arrayMap(id -> if(startsWith(id, 'p'), person_key, account_key), key_ids) AS keys,
    arrayMap(
        (text, name, id, byte, key) -> ifNull(
            tryDecrypt(
                'aes-256-gcm',
                substring(byte, 13),
                if(length(key) = 32, key, repeat('\0', 32)),
                if(length(byte) > 28, substring(byte, 1, 12), repeat('\0', 12)),
                concat(id, '\n', name, '\n', event_id)
            ),
            text
        ),
        sealed, names, key_ids, bytes, keys
    ) AS opened
SELECT * EXCEPT (person_key, account_key)
    REPLACE (arrayStringConcat(arrayMap((piece, value) -> concat(piece, value), pieces, arrayPushBack(opened, ''))) AS properties)
FROM
(
    SELECT ${TRACKED_COLUMNS}, person_key, account_key
    FROM tracked
    ANY LEFT JOIN
    (
        SELECT group_id AS person_group, key_id AS person_id, key AS person_key
        FROM ${KEYS_DATABASE}.seal_keys WHERE startsWith(key_id, 'p') AND length(key) = 32
            AND key_id NOT IN (SELECT key_id FROM ${KEYS_DATABASE}.destroyed_keys)
    ) AS person ON person_group = group_id AND person_id = extract(properties, ':\\s*"sealed:v1:(p[\\w-]{22}):')
    ANY LEFT JOIN
    (
        SELECT group_id AS account_group, key_id AS account_id, key AS account_key
        FROM ${KEYS_DATABASE}.seal_keys WHERE startsWith(key_id, 'a') AND length(key) = 32
            AND key_id NOT IN (SELECT key_id FROM ${KEYS_DATABASE}.destroyed_keys)
    ) AS account ON account_group = group_id AND account_id = extract(properties, ':\\s*"sealed:v1:(a[\\w-]{22}):')
)
COMMENT 'Each event once, sealed properties opened where their key is there; others stay sealed text. Ask for one group_id where you can: else all keys are read.';
