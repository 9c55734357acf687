{{ config(materialized='incremental', unique_key=['day', 'event'], order_by='(day, event)') }}

SELECT toDate(timestamp) AS day, event, count() AS events
FROM {{ ref('staged') }}
{% if is_incremental() %}
WHERE toDate(timestamp) >= (SELECT max(day) FROM {{ this }})
{% endif %}
GROUP BY day, event
