-- How much was paid in each month, in each currency, by how many accounts?
-- Exact to the cent, up to 90 trillion: cents are summed as whole numbers, because binary fractions do not hold 19.99, and because toDecimal64(19.99, 2) would cut it to 19.98. amount is a hot property: a number column.
-- {event:String}: the event that carries an amount, as invoice_paid
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    toDate32(timestamp, {tz:String}) - (toDayOfMonth(timestamp, {tz:String}) - 1) AS month,
    JSONExtractString(properties, 'currency') AS currency,
    count() AS payments,
    uniqExact(group_id) AS accounts,
    sum(toInt64(round(amount * 100))) / 100 AS total
FROM tracked
WHERE event = {event:String} AND amount IS NOT NULL AND timestamp >= begins AND timestamp < ends
GROUP BY month, currency
ORDER BY month, currency
