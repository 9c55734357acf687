-- Probe tables store nothing, but cast, materialise and check exactly like their table: the consumer uses
-- them to find the records that ClickHouse refuses. Made anew by every setup, so that they never lag
-- behind a changed table.
CREATE OR REPLACE TABLE events_probe ${ON_CLUSTER} AS events ENGINE = Null;
CREATE OR REPLACE TABLE rejected_events_probe ${ON_CLUSTER} AS rejected_events ENGINE = Null;
CREATE OR REPLACE TABLE dead_letters_probe ${ON_CLUSTER} AS dead_letters ENGINE = Null;
CREATE OR REPLACE TABLE ${KEYS_DATABASE}.seal_keys_probe ${ON_CLUSTER} AS ${KEYS_DATABASE}.seal_keys ENGINE = Null;
